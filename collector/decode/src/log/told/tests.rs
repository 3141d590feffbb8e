//! Lines as loggers write them, and what must not be taken for an id.

use super::{Ids, Told};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn told(text: &str) -> Option<(String, Option<String>)> {
    let ids: Option<Ids> = Told::new().in_text(text);
    ids.map(|(trace, span)| (trace.to_string(), span.map(|span| span.to_string())))
}

#[test]
fn ids_with_a_name() {
    let span = "00f067aa0ba902b7";
    for text in [
        format!("trace_id={TRACE} span_id={span} paid"),
        format!("paid trace_id={TRACE}, span_id={span}"),
        format!("TraceID: {TRACE} SpanID: {span} paid"),
        format!("traceId: \"{TRACE}\" spanId: \"{span}\""),
        format!("{{\"msg\":\"paid\",\"trace.id\":\"{TRACE}\",\"span.id\":\"{span}\"}}"),
        format!("{{\"otelTraceID\":\"{TRACE}\",\"otelSpanID\":\"{span}\"}}"),
        format!("X-B3-TraceId: {TRACE} X-B3-SpanId: {span}"),
        format!("TRACE_ID={TRACE} SPAN_ID={span}"),
        format!("[{TRACE}-{span}] paid"),
        format!("2026-11-22 INFO [cart,{TRACE},{span}] 1 --- [exec-1] paid"),
        format!("INFO [cart,{TRACE},{span},true] paid"),
    ] {
        assert_eq!(told(&text), Some((TRACE.into(), Some(span.into()))), "{text}");
    }
    for text in [
        format!("trace {TRACE} was slow"),
        format!("traceparent: 00-{TRACE}-{span}-01"),
        format!("stack trace: none. trace_id=0 then trace_id={TRACE}"),
        "trace=4bf92f35-77b3-4da6-a3ce-929d0e0e4736".into(),
    ] {
        assert_eq!(told(&text), Some((TRACE.into(), None)), "{text}");
    }
    let low = Some(("0000000000000000a3ce929d0e0e4736".into(), None));
    assert_eq!(told("traceId=a3ce929d0e0e4736"), low);
    assert_eq!(told("dd.trace_id=11803532876627986230"), low);
}

#[test]
fn what_is_no_id() {
    for text in [
        "",
        "trace",
        "Trace: on",
        "trace_id=",
        "trace_id=0",
        "trace_id=00000000000000000000000000000000 span_id=0000000000000000",
        "trace 1234567 of 99",
        "md5 4bf92f3577b34da6a3ce929d0e0e4736",
        "backtrace: 4bf92f3577b34da6a3ce929d0e0e4736",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e473",
        "trace_id=zbf92f3577b34da6a3ce929d0e0e4736",
        "[1,2,3] [main] [ok-no]",
        "[a,4bf92f3577b34da6a3ce929d0e0e4736,none]",
        "trace_ïd=4bf92f3577b34da6a3ce929d0e0e4736",
        "[ï,ï,ï",
    ] {
        assert_eq!(told(text), None, "{text}");
    }
}
