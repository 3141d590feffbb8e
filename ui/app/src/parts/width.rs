//! How wide the window and parts of it are, for what is made differently on a phone or drawn to a size.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use crate::life::{self, Life};

/// As the style sheets have it.
const PHONE: f64 = 640.0;

/// Whether the window is as narrow as a phone's.
pub(crate) fn is_phone() -> Memo<bool> {
    let measure =
        || window().inner_width().ok().and_then(|wide| wide.as_f64()).is_some_and(|wide| wide < PHONE);
    let is_narrow = RwSignal::new(measure());
    life::on_window(leptos::ev::resize, move |_| is_narrow.set(measure()));
    Memo::new(move |_| is_narrow.get())
}

/// Keeps a signal at the width of an element.
pub(crate) fn follow_width(frame: NodeRef<html::Div>, wide: RwSignal<f64>) {
    let life = Life::here();
    let watch = StoredValue::new_local(None::<Watch>);
    Effect::new(move |_| {
        let Some(element) = frame.get() else { return };
        let watched = element.clone();
        let measure = move || {
            let now = f64::from(watched.client_width());
            if !life.is_over() && now > 0.0 && (now - wide.get_untracked()).abs() > 0.5 {
                wide.set(now);
            }
        };
        measure();
        watch.set_value(Watch::over(&element, measure));
    });
}

/// Ends when it is dropped.
struct Watch {
    observer: ResizeObserver,
    /// What the observer calls.
    _changed: Closure<dyn Fn()>,
}

impl Watch {
    fn over(element: &web_sys::Element, changed: impl Fn() + 'static) -> Option<Self> {
        let changed = Closure::<dyn Fn()>::new(changed);
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _changed: changed })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
