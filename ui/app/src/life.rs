//! What comes later comes only while whoever asked for it is there. Frames, timers, answers and events of the
//! window outlive a page; its values do not, and reading one of those stops the whole UI. So all of them go
//! through here: `clippy.toml` refuses the ways around.
#![expect(clippy::disallowed_methods, reason = "this is what holds them back")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use leptos::ev::EventDescriptor;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

/// That of the component or effect that is being made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life(StoredValue<()>);

impl Life {
    pub(crate) fn here() -> Self {
        Self(StoredValue::new(()))
    }

    pub(crate) fn is_over(self) -> bool {
        self.0.try_get_value().is_none()
    }

    /// The same act, which is left out afterwards. For events that the browser sends to what it has removed, such
    /// as the end of a scroll.
    pub(crate) fn only(self, act: impl Fn() + Copy + 'static) -> impl Fn() + Copy + 'static {
        move || {
            if !self.is_over() {
                act();
            }
        }
    }

    /// Before the browser draws the next time.
    pub(crate) fn next_frame(self, act: impl FnOnce() + 'static) {
        request_animation_frame(move || {
            if !self.is_over() {
                act();
            }
        });
    }

    /// Work that waits for something: it ends where it stands when nobody is there to see the rest.
    pub(crate) fn spawn(self, work: impl Future<Output = ()> + 'static) {
        leptos::task::spawn_local(WhileAlive { life: self, work: Box::pin(work) });
    }
}

/// Work that is finished although its page is gone. It may touch the shell alone, which never goes.
pub(crate) fn finish(work: impl Future<Output = ()> + 'static) {
    leptos::task::spawn_local(work);
}

/// Something that is put off, and put off again by every further call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Later(StoredValue<Option<TimeoutHandle>>);

impl Later {
    pub(crate) fn here() -> Self {
        let later = Self(StoredValue::new(None));
        on_cleanup(move || later.cancel());
        later
    }

    pub(crate) fn after(self, wait: Duration, act: impl FnOnce() + 'static) {
        self.cancel();
        self.0.try_set_value(set_timeout_with_handle(act, wait).ok());
    }

    pub(crate) fn cancel(self) {
        if let Some(Some(waiting)) = self.0.try_update_value(Option::take) {
            waiting.clear();
        }
    }
}

/// Does something once, unless whoever is being made has gone before.
pub(crate) fn after(wait: Duration, act: impl FnOnce() + 'static) {
    Later::here().after(wait, act);
}

/// Does something again and again until whoever is being made goes.
pub(crate) fn every(period: Duration, act: impl Fn() + 'static) {
    if let Ok(clock) = set_interval_with_handle(act, period) {
        on_cleanup(move || clock.clear());
    }
}

/// Hears an event of the window until whoever is being made goes.
pub(crate) fn on_window<E: EventDescriptor + 'static>(event: E, act: impl Fn(E::EventType) + 'static)
where
    E::EventType: wasm_bindgen::JsCast,
{
    let life = Life::here();
    let heard = window_event_listener(event, move |event| {
        // One listener may remove the page of the next.
        if !life.is_over() {
            act(event);
        }
    });
    on_cleanup(move || heard.remove());
}

/// Waits.
pub(crate) async fn pause(wait: Duration) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(move || drop(resolve.call0(&wasm_bindgen::JsValue::NULL)), wait);
    });
    drop(wasm_bindgen_futures::JsFuture::from(promise).await);
}

struct WhileAlive {
    life: Life,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

impl Future for WhileAlive {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.life.is_over() {
            true => Poll::Ready(()),
            false => self.work.as_mut().poll(context),
        }
    }
}
