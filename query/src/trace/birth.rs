//! Who made the id of a trace: its root tells by what it is, and a trace without one was begun by somebody who
//! sent nothing.

use daymark_view::attribute::Attributes;
use daymark_view::trace::{Birth, Born, Span};

/// Words in the names of proxies and of what records their spans.
const GATEWAYS: [&str; 7] = ["gateway", "envoy", "nginx", "kong", "traefik", "ingress", "istio"];

/// `first` is the earliest span, `resource` that of the root.
pub(crate) fn born(root: Option<&Span>, first: Option<&Span>, resource: Option<&Attributes>) -> Option<Born> {
    let Some(root) = root else {
        return first.map(|first| Born { by: Birth::Outside, service: first.service.clone() });
    };
    let text = |key: &str| resource.and_then(|all| all.0.get(key)?.as_str()).unwrap_or_default();
    let has_browser = resource.is_some_and(|all| all.0.keys().any(|key| key.starts_with("browser.")));
    let told =
        [root.service.as_str(), root.scope.name.as_deref().unwrap_or_default(), text("telemetry.sdk.name")];
    let is_gateway = |told: &str| GATEWAYS.iter().any(|word| told.to_lowercase().contains(word));
    let by = if root.tier == "rum" || text("telemetry.sdk.language") == "webjs" || has_browser {
        Birth::Browser
    } else if told.into_iter().any(is_gateway) {
        Birth::Gateway
    } else {
        Birth::Service
    };
    Some(Born { by, service: root.service.clone() })
}

#[cfg(test)]
mod tests {
    use daymark_view::attribute::Attributes;
    use daymark_view::trace::{Birth, Dropped, Scope, Span};

    use super::born;

    fn root(service: &str) -> Span {
        Span {
            span_id: daymark_model::id::SpanId([1; 8]),
            parent_span_id: None,
            service: service.into(),
            name: "GET /".into(),
            kind: "server".into(),
            start: daymark_model::time::Nanos(0),
            duration_ns: 1,
            status: "unset".into(),
            status_message: None,
            resource: String::new(),
            scope: Scope::default(),
            attributes: Attributes::default(),
            events: Vec::new(),
            links: Vec::new(),
            trace_state: None,
            flags: 0,
            peer: None,
            source: String::new(),
            tier: "internal".into(),
            quality: Vec::new(),
            dropped: Dropped::default(),
        }
    }

    #[test]
    fn roots_tell_who_made_the_id() {
        let by = |root: &Span, resource: &str| {
            born(Some(root), Some(root), Attributes::parse(resource).as_ref()).map(|born| born.by)
        };
        assert_eq!(by(&root("web"), "{}"), Some(Birth::Service));
        assert_eq!(by(&root("api-gateway"), "{}"), Some(Birth::Gateway));
        let envoy = Span { scope: Scope { name: Some("envoy".into()), ..Scope::default() }, ..root("edge") };
        assert_eq!(by(&envoy, "{}"), Some(Birth::Gateway));
        assert_eq!(by(&root("shop"), r#"{"telemetry.sdk.language":"webjs"}"#), Some(Birth::Browser));
        assert_eq!(by(&Span { tier: "rum".into(), ..root("shop") }, "{}"), Some(Birth::Browser));
        let outside = born(None, Some(&root("web")), None);
        assert_eq!(outside.map(|born| (born.by, born.service)), Some((Birth::Outside, "web".into())));
    }
}
