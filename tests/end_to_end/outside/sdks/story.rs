//! The story of `tests/sdks`, as Daymark must answer it.

use serde_json::{Value, json};

use crate::server::Server;

/// Asks for everything that a service told, by its trace id and by SQL.
pub(super) fn check(server: &Server, service: &str, source: &str, ids: &Value) {
    let trace = server.get(&format!("/api/v1/traces/{}", ids["trace"].as_str().unwrap())).json();
    check_trace(&trace["data"], service, source, ids);
    check_logs(server, service, source, ids);
    check_sql(server, service, ids);
    check_metrics(server, service, source);
}

fn check_trace(trace: &Value, service: &str, source: &str, ids: &Value) {
    assert_eq!(trace["completeness"], "complete", "{trace:#}");
    assert_eq!(trace["services"], json!([service]));
    assert_eq!(
        (&trace["span_count"], &trace["error_count"], &trace["log_count"]),
        (&json!(3), &json!(1), &json!(1))
    );
    let span = |name: &str| {
        let id = &ids["spans"][name];
        let found = trace["spans"].as_array().unwrap().iter().find(|span| span["span_id"] == *id);
        found.unwrap_or_else(|| panic!("no span {id} of {service}: {trace:#}"))
    };
    let [checkout, charge, save] = ["checkout", "charge", "save"].map(span);
    for part in [checkout, charge, save] {
        assert_eq!(part["service"], service);
        assert_eq!(part["source"], source);
        assert_eq!((&part["scope"]["name"], &part["scope"]["version"]), (&json!("story"), &json!("1.0")));
        assert_eq!(part["quality"], json!([]));
        let resource = &trace["resources"][part["resource"].as_str().unwrap()];
        assert_eq!(resource["service.version"], "1.4.2", "{resource}");
        assert_eq!(resource["telemetry.sdk.name"], "opentelemetry");
    }
    assert_eq!((&checkout["name"], &checkout["kind"]), (&json!("POST /checkout"), &json!("server")));
    assert_eq!((&checkout["parent_span_id"], &checkout["status"]), (&Value::Null, &json!("unset")));
    let attributes = json!({
        "user": "Zoë 🦀 \"日本\"\n", "items": 42, "big": 1_u64 << 40, "ratio": 0.1, "vip": true, "tags": ["a", "b"],
    });
    assert_eq!(checkout["attributes"], attributes);
    assert_eq!(checkout["events"][0]["name"], "cart loaded");
    assert_eq!(checkout["events"][0]["attributes"], json!({ "items": 3 }));
    let link = &checkout["links"][0];
    assert_eq!((&link["trace_id"], &link["span_id"]), (&ids["earlier"], &ids["spans"]["earlier"]));
    assert_eq!(link["attributes"], json!({ "reason": "again" }));

    assert_eq!((&charge["kind"], &charge["peer"]), (&json!("client"), &json!("bank")));
    assert_eq!(charge["parent_span_id"], ids["spans"]["checkout"]);
    assert_eq!((&charge["status"], &charge["status_message"]), (&json!("error"), &json!("declined: ü")));
    let exception = &charge["events"][0];
    assert_eq!(exception["name"], "exception");
    assert_eq!(exception["attributes"]["exception.message"], "no funds: ü");
    for key in ["exception.type", "exception.stacktrace"] {
        assert!(exception["attributes"][key].as_str().is_some_and(|text| !text.is_empty()), "{exception:#}");
    }
    // Node begins a span at a whole millisecond and measures the rest finer, so that a child can
    // begin up to one after its parent's end.
    let grain = 1_000_000;
    let within = |span: &Value, moment: &Value| {
        let number = |value: &Value| value.as_str().map_or(value.as_i64(), |text| text.parse().ok()).unwrap();
        let start = number(&span["start"]);
        (start - grain..=start + number(&span["duration_ns"]) + grain).contains(&number(moment))
    };
    assert!(within(charge, &exception["time"]) && within(checkout, &charge["start"]), "{trace:#}");
    assert_eq!((&save["kind"], &save["status"]), (&json!("internal"), &json!("ok")));
    assert_eq!(save["parent_span_id"], ids["spans"]["checkout"]);
}

fn check_logs(server: &Server, service: &str, source: &str, ids: &Value) {
    let of_trace = server.get(&format!("/api/v1/traces/{}/logs", ids["trace"].as_str().unwrap())).json();
    let lines = of_trace["data"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{of_trace:#}");
    assert_eq!(lines[0]["body"], "card declined für Zoë 🦀");
    assert_eq!((&lines[0]["trace_id"], &lines[0]["span_id"]), (&ids["trace"], &ids["spans"]["charge"]));
    let rows = server.sql(&format!(
        "SELECT body, severity, severity_text, attributes, source, trace_id FROM logs
         WHERE service = '{service}' ORDER BY body"
    ));
    let expected = json!([
        ["card declined für Zoë 🦀", "error", "ERROR", { "attempt": 2 }, source, ids["trace"]],
        ["closing", "info", "INFO", {}, source, null],
    ]);
    assert_eq!(json!(rows), expected);
}

fn check_sql(server: &Server, service: &str, ids: &Value) {
    let rows = server.sql(&format!(
        "SELECT trace_id, span_id, version, namespace, attr('user'), attr_num('ratio'), attr('resource.service.version')
         FROM spans WHERE service = '{service}' AND attr('items') = '42'"
    ));
    let expected =
        json!([
            [ids["trace"], ids["spans"]["checkout"], "1.4.2", "shop", "Zoë 🦀 \"日本\"\n", 0.1, "1.4.2",]
        ]);
    assert_eq!(json!(rows), expected);
    let rows = server.sql(&format!(
        "SELECT name, kind FROM spans WHERE trace_id = '{}'",
        ids["earlier"].as_str().unwrap().to_uppercase()
    ));
    assert_eq!(json!(rows), json!([["earlier", "consumer"]]));
    let correlated = format!(
        "SELECT s.name FROM logs l JOIN spans s ON l.trace_id = s.trace_id AND l.span_id = s.span_id
         WHERE s.service = '{service}'"
    );
    assert_eq!(json!(server.sql(&correlated)), json!([["charge"]]));
}

fn check_metrics(server: &Server, service: &str, source: &str) {
    let points = server.sql(&format!(
        "SELECT metric, type, unit, temporality, monotonic, value, attributes, source FROM metric_points
         WHERE service = '{service}' AND scope_name = 'story' ORDER BY metric, value"
    ));
    let expected = json!([
        ["orders", "sum", "{order}", "cumulative", true, 2.0, { "region": "us" }, source],
        ["orders", "sum", "{order}", "cumulative", true, 3.0, { "region": "eu" }, source],
        ["queue", "sum", null, "cumulative", false, 7.0, {}, source],
    ]);
    assert_eq!(json!(points), expected);
    let histograms = server.sql(&format!(
        "SELECT metric, unit, temporality, count, sum, min, max, bounds, counts, attributes
         FROM metric_histograms WHERE service = '{service}' AND scope_name = 'story'"
    ));
    let expected = json!([[
        "latency", "ms", "cumulative", 100, 5050.0, 1.0, 100.0, [10.0, 50.0, 90.0], [10, 40, 40, 10], { "region": "eu" },
    ]]);
    assert_eq!(json!(histograms), expected);
}
