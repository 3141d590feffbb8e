//! How wide the window is, for parts that are made differently on a phone and not only drawn so.

use leptos::prelude::*;

/// As the style sheets have it.
const PHONE: f64 = 640.0;

/// Whether the window is as narrow as a phone's.
pub(crate) fn is_phone() -> Memo<bool> {
    let measure =
        || window().inner_width().ok().and_then(|wide| wide.as_f64()).is_some_and(|wide| wide < PHONE);
    let is_narrow = RwSignal::new(measure());
    let resized = window_event_listener(leptos::ev::resize, move |_| is_narrow.set(measure()));
    on_cleanup(move || resized.remove());
    Memo::new(move |_| is_narrow.get())
}
