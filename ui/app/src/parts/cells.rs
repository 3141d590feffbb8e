//! Cells of rates, errors and durations, the same in every table: units grey, and weight or colour only for
//! what is out of the ordinary.

use daymark_viz::{figure, notable};
use leptos::prelude::*;

use crate::parts::figures::{show, show_or_dash};
use crate::parts::spark::Spark;

pub(crate) fn rate(per_s: f64) -> AnyView {
    show(figure::rate(per_s)).into_any()
}

/// A share of failures beside what it was before.
pub(crate) fn errors(share: Option<f64>, before: Option<f64>) -> AnyView {
    let class = if notable::are_errors(share, before) { "crit strong" } else { "quiet" };
    view! { <span class=class>{show_or_dash(share.map(figure::percent))}</span> }.into_any()
}

pub(crate) fn errors_spark(values: Vec<Option<f64>>, is_bad: bool) -> AnyView {
    view! { <Spark values=values own=if is_bad { "--crit" } else { "--text3" } /> }.into_any()
}

/// A duration that nobody looks at first.
pub(crate) fn quiet_duration(ns: Option<u64>) -> AnyView {
    view! { <span class="quiet">{show_or_dash(ns.map(figure::duration))}</span> }.into_any()
}

pub(crate) fn duration(ns: Option<u64>) -> AnyView {
    show_or_dash(ns.map(figure::duration))
}

/// A duration beside what it was before.
pub(crate) fn duration_since(ns: Option<u64>, before: Option<u64>) -> AnyView {
    let class = if notable::is_slower(ns, before) { "strong" } else { "" };
    view! { <span class=class>{duration(ns)}</span> }.into_any()
}

/// How much a duration has changed.
pub(crate) fn change(ns: Option<u64>, before: Option<u64>) -> AnyView {
    let class = if notable::is_slower(ns, before) { "warn strong" } else { "quiet" };
    let text = ns.zip(before).and_then(|(ns, before)| figure::change(ns as f64, before as f64));
    match text {
        Some(text) => view! { <span class=class>{text}</span> }.into_any(),
        None => view! { <span class="faint">"–"</span> }.into_any(),
    }
}

/// A share as a bar and a number.
pub(crate) fn share(share: Option<f64>) -> AnyView {
    let Some(share) = share else { return view! { <span class="faint">"–"</span> }.into_any() };
    let wide = format!("{:.1}%", (share * 100.0).clamp(0.0, 100.0));
    view! {
        <span class="meter"><i style:width=wide></i></span>
        <span class="meter-number">{show(figure::percent_short(share))}</span>
    }
    .into_any()
}

/// A share that is neither good nor bad.
pub(crate) fn percent(share: f64) -> AnyView {
    show(figure::percent_short(share)).into_any()
}
