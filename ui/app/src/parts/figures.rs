//! Numbers with their units; the unit is quieter than the number.

use daymark_viz::figure::Figure;
use leptos::prelude::*;

/// `412/s`, `1.90 s`: the number as it is, the unit grey.
pub(crate) fn show(figure: Figure) -> impl IntoView {
    let tight = figure.unit.starts_with('/').then_some("");
    view! {
        {figure.number}
        {(!figure.unit.is_empty()).then(|| view! { <span class="unit" data-tight=tight>{figure.unit}</span> })}
    }
}

/// What is not known is a dash.
pub(crate) fn show_or_dash(figure: Option<Figure>) -> AnyView {
    match figure {
        Some(figure) => show(figure).into_any(),
        None => view! { <span class="faint">"–"</span> }.into_any(),
    }
}
