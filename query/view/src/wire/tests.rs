//! Ids, instants and wide integers survive the way to JSON and back, and look as clients expect.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    #[serde(with = "super::trace_id")]
    trace: TraceId,
    #[serde(with = "super::span_id_or_null")]
    span: Option<SpanId>,
    #[serde(with = "super::span_ids")]
    spans: Vec<SpanId>,
    #[serde(with = "super::nanos")]
    at: Nanos,
    #[serde(with = "super::nanos_or_null")]
    to: Option<Nanos>,
    #[serde(with = "super::wide")]
    signed: i64,
    #[serde(with = "super::wide")]
    unsigned: u64,
}

#[test]
fn written_as_the_api_promises_and_read_back() {
    let row = Row {
        trace: TraceId([0xab; 16]),
        span: None,
        spans: vec![SpanId([1; 8])],
        at: Nanos(1_763_690_712_331_000_000),
        to: Some(Nanos(-1)),
        signed: -(1 << 53),
        unsigned: (1 << 53) - 1,
    };
    let written = serde_json::to_value(&row).unwrap();
    assert_eq!(
        written,
        json!({
            "trace": "ab".repeat(16), "span": null, "spans": ["0101010101010101"],
            "at": "1763690712331000000", "to": "-1",
            "signed": "-9007199254740992", "unsigned": 9_007_199_254_740_991_u64,
        })
    );
    assert_eq!(serde_json::from_value::<Row>(written).unwrap(), row);
}

#[test]
fn ids_of_the_wrong_length_or_alphabet_are_refused() {
    for trace in ["", "ab", &"ab".repeat(17), &"zz".repeat(16), &"é".repeat(16)] {
        let row = json!({"trace": trace, "span": null, "spans": [], "at": "0", "to": null, "signed": 0, "unsigned": 0});
        assert!(serde_json::from_value::<Row>(row).is_err(), "{trace}");
    }
}
