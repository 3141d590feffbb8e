//! The colour of a service before its name; databases, queues and outsiders have an icon instead.

use daymark_viz::palette;
use leptos::prelude::*;

use crate::parts::icon::Icon;

#[component]
pub(crate) fn Swatch(
    #[prop(into)] service: String,
    /// Of the view's palette; of the name alone without one.
    #[prop(optional)]
    colour: Option<usize>,
) -> impl IntoView {
    if palette::is_virtual(&service) {
        return view! { <span class="faint"><Icon name=icon_of(&service) size=12 /></span> }.into_any();
    }
    let slot = colour.unwrap_or_else(|| palette::slot_of(&service));
    view! { <span class="swatch" style:--own=format!("var({})", palette::variable(slot))></span> }.into_any()
}

/// The icon of what is no service of ours.
pub(crate) fn icon_of(service: &str) -> &'static str {
    let kind = service.split(':').next().unwrap_or_default();
    match kind {
        "user" => "user",
        "browser" => "browser",
        "kafka" | "rabbitmq" | "queue" | "messaging" | "sqs" | "nats" | "activemq" => "queue",
        "external" | "http" | "rpc" => "cloud",
        _ => "database",
    }
}
