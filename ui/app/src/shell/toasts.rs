//! Short notices that go by themselves, and one region that reads them out.

use std::time::Duration;

use leptos::prelude::*;

use crate::life;

/// How long one stays.
const SHOWN: Duration = Duration::from_millis(4_000);

#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<(u64, String)>>,
    count: StoredValue<u64>,
}

impl Toasts {
    pub(super) fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), count: StoredValue::new(0) }
    }

    pub(crate) fn say(self, text: impl Into<String>) {
        self.count.update_value(|count| *count += 1);
        let id = self.count.get_value();
        self.shown.update(|shown| shown.push((id, text.into())));
        life::finish(async move {
            life::pause(SHOWN).await;
            self.shown.update(|shown| shown.retain(|(one, _)| *one != id));
        });
    }
}

#[component]
pub(super) fn Shown() -> impl IntoView {
    let toasts = super::Shell::here().toasts;
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|(id, _)| *id let:toast>
                <div class="toast">{toast.1}</div>
            </For>
        </div>
    }
}
