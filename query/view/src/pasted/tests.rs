//! Every spelling alone, in headers, in lines of many loggers, in addresses; and texts that name none.

use super::{Form, read};

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SHORT: &str = "0000000000000000a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn ids(text: &str) -> (Form, Vec<String>, Vec<String>) {
    let reading = read(text);
    let traces = reading.trace_ids.iter().map(ToString::to_string).collect();
    (reading.form, traces, reading.span_ids.iter().map(ToString::to_string).collect())
}

#[test]
fn ids_alone() {
    let cases: [(&str, Form, &str, &[&str]); 16] = [
        (ID, Form::TraceId, ID, &[]),
        (" 4BF92F3577B34DA6A3CE929D0E0E4736\n", Form::TraceId, ID, &[]),
        ("\"4bf92f3577b34da6a3ce929d0e0e4736\",", Form::TraceId, ID, &[]),
        ("a3ce929d0e0e4736", Form::ShortId, SHORT, &["a3ce929d0e0e4736"]),
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", Form::Uuid, ID, &[]),
        ("11803532876627986230", Form::Decimal, SHORT, &[]),
        ("S/kvNXezTaajzpKdDg5HNg==", Form::Base64, ID, &[]),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Form::Traceparent, ID, &[SPAN]),
        (
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Form::Traceparent,
            ID,
            &[SPAN],
        ),
        ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", Form::B3, ID, &[SPAN]),
        ("b3: a3ce929d0e0e4736-00f067aa0ba902b7-1-00f067aa0ba902b7", Form::B3, SHORT, &[SPAN]),
        (
            "X-B3-TraceId: a3ce929d0e0e4736\nX-B3-SpanId: 00f067aa0ba902b7\nX-B3-Sampled: 1",
            Form::B3,
            SHORT,
            &[SPAN],
        ),
        ("4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1", Form::UberTraceId, ID, &[SPAN]),
        (
            "uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736%3A00f067aa0ba902b7%3A0%3A1",
            Form::UberTraceId,
            ID,
            &[SPAN],
        ),
        (
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1",
            Form::XRay,
            ID,
            &[SPAN],
        ),
        (
            "X-Amzn-Trace-Id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7",
            Form::XRay,
            ID,
            &[SPAN],
        ),
    ];
    for (text, form, trace, spans) in cases {
        let (read_as, traces, found) = ids(text);
        assert_eq!((read_as, traces.first().map(String::as_str)), (form, Some(trace)), "{text}");
        assert_eq!(found, spans, "{text}");
    }
}

#[test]
fn ids_inside_lines_and_addresses() {
    let cases: [(&str, Form, &str, &[&str]); 16] = [
        (
            "2026-01-31T12:00:00.123Z ERROR [web,4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7] timeout",
            Form::LogLine,
            ID,
            &[SPAN],
        ),
        (
            "12:00:00.1 INFO [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.Shop - paid 1250",
            Form::LogLine,
            ID,
            &[SPAN],
        ),
        (
            r#"{"level":"error","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","n":7}"#,
            Form::LogLine,
            ID,
            &[SPAN],
        ),
        (r#"{"traceId":"S/kvNXezTaajzpKdDg5HNg==","name":"x"}"#, Form::LogLine, ID, &[]),
        (
            "dd.trace_id=11803532876627986230 dd.span_id=67667974448284343 took 12",
            Form::LogLine,
            SHORT,
            &[SPAN],
        ),
        (
            "trace.id: a3ce929d0e0e4736 transaction.id: 00f067aa0ba902b7 host 10.0.0.1:8080",
            Form::LogLine,
            SHORT,
            &[SPAN],
        ),
        ("level=info msg=done traceID=a3ce929d0e0e4736 dur=12ms", Form::LogLine, SHORT, &[]),
        ("failed, see trace:4bf92f3577b34da6a3ce929d0e0e4736.", Form::LogLine, ID, &[]),
        (
            "GET / HTTP/1.1 traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 200",
            Form::LogLine,
            ID,
            &[SPAN],
        ),
        (
            "AWS-XRAY-TRACE-ID: 1-4bf92f35-77b34da6a3ce929d0e0e4736@00f067aa0ba902b7",
            Form::LogLine,
            ID,
            &[SPAN],
        ),
        (
            "\"logging.googleapis.com/trace\": \"projects/p/traces/4bf92f3577b34da6a3ce929d0e0e4736\"",
            Form::LogLine,
            ID,
            &[],
        ),
        ("request |4bf92f3577b34da6a3ce929d0e0e4736.00f067aa0ba902b7. ended", Form::LogLine, ID, &[SPAN]),
        (
            "http://jaeger:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736?uiFind=00f067aa0ba902b7",
            Form::Url,
            ID,
            &[SPAN],
        ),
        ("http://jaeger:16686/trace/a3ce929d0e0e4736", Form::Url, SHORT, &[]),
        ("https://zipkin/zipkin/traces/a3ce929d0e0e4736?q=1", Form::Url, SHORT, &[]),
        ("https://x/y?trace=4bf92f35-77b3-4da6-a3ce-929d0e0e4736", Form::Url, ID, &[]),
    ];
    for (text, form, trace, spans) in cases {
        let (read_as, traces, found) = ids(text);
        assert_eq!((read_as, traces.first().map(String::as_str)), (form, Some(trace)), "{text}");
        assert!(spans.iter().all(|span| found.iter().any(|one| one == span)), "{text}: {found:?}");
    }
}

#[test]
fn names_stay_names() {
    for text in ["payment", "POST /checkout", "connect to 10.0.0.1:8080", "2026-01-31T12:00:00Z", "größe"] {
        let reading = read(text);
        assert_eq!((reading.form, reading.name.as_deref()), (Form::Name, Some(text)), "{text}");
        assert!(reading.trace_ids.is_empty() && reading.span_ids.is_empty(), "{text}");
    }
    // Hex that is also a word.
    let cafe = read("cafe");
    assert_eq!((cafe.name.as_deref(), cafe.trace_ids.len()), (Some("cafe"), 1));
    assert_eq!(read("").name, None);
    assert_eq!(read("1763690712331000000-9f3a00112233aabb").form, Form::LogId);
    // Zero is no id.
    assert!(read(&"0".repeat(32)).trace_ids.is_empty());
}
