//! Small charts in the cells of tables: one line, from zero.

use daymark_viz::curve;
use daymark_viz::scale::Linear;
use leptos::prelude::*;

/// `own` is the colour of the line, a variable of the style sheet.
#[component]
pub(crate) fn Spark(values: Vec<Option<f64>>, own: &'static str) -> impl IntoView {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let x = Linear { values: (0.0, values.len().saturating_sub(1).max(1) as f64), places: (0.5, 71.5) };
    let y = Linear { values: (0.0, if most > 0.0 { most } else { 1.0 }), places: (17.0, 1.5) };
    view! {
        <svg class="spark" viewBox="0 0 72 18" preserveAspectRatio="none" aria-hidden="true" style:--own=format!("var({own})")>
            <path class="fill" d=curve::area(&values, x, y) />
            <path class="curve" data-thin="" d=curve::line(&values, x, y) />
        </svg>
    }
}
