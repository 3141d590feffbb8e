//! The bytes of answers.

use super::*;

fn partial() -> Accepted {
    Accepted { rejected: 3, message: Some("no id".into()) }
}

#[test]
fn a_full_success_is_the_empty_message() {
    for signal in Signal::ALL {
        assert_eq!(Accepted::default().encode(signal, Format::OtlpProtobuf), "");
        assert_eq!(Accepted::default().encode(signal, Format::OtlpJson), "{}");
    }
}

#[test]
fn a_partial_success_names_what_was_rejected() {
    let protobuf = partial().encode(Signal::Spans, Format::OtlpProtobuf);
    assert_eq!(&protobuf[..], b"\x0a\x09\x08\x03\x12\x05no id");
    for (signal, json) in [
        (Signal::Spans, r#"{"partialSuccess":{"errorMessage":"no id","rejectedSpans":"3"}}"#),
        (Signal::Logs, r#"{"partialSuccess":{"errorMessage":"no id","rejectedLogRecords":"3"}}"#),
        (Signal::Metrics, r#"{"partialSuccess":{"errorMessage":"no id","rejectedDataPoints":"3"}}"#),
    ] {
        let expected: Value = serde_json::from_str(json).unwrap();
        let answer: Value = serde_json::from_slice(&partial().encode(signal, Format::OtlpJson)).unwrap();
        assert_eq!(answer, expected);
    }
}

#[test]
fn the_worst_message_fits_an_answer() {
    let message = Some("\u{0}".repeat(2 * EXPORT_ANSWER_BYTES));
    let accepted = Accepted { rejected: u64::MAX, message };
    for format in [Format::OtlpProtobuf, Format::OtlpJson] {
        assert!(accepted.encode(Signal::Metrics, format).len() <= EXPORT_ANSWER_BYTES);
    }
}

#[test]
fn a_message_is_cut_between_characters() {
    for (bytes, kept) in [(0, ""), (1, "a"), (2, "a"), (3, "aö"), (9, "aö")] {
        assert_eq!(trimmed("aö", bytes), kept, "{bytes}");
    }
}

#[test]
fn details_say_who_is_wrong_and_when_to_come_again() {
    let mut problem = Problem { code: 3, message: "bad", sender_is_wrong: true, retry_after: None };
    let expected = json!({
        "code": 3,
        "message": "bad",
        "details": [{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{ "field": "request", "description": "bad" }],
        }],
    });
    assert_eq!(problem.to_json(), expected);
    let status = Status::decode(problem.encode(Format::OtlpProtobuf)).unwrap();
    assert_eq!((status.code, status.message.as_str()), (3, "bad"));
    assert_eq!(status.details[0].type_url, BAD_REQUEST);
    assert_eq!(status.details[0].value, b"\x0a\x0e\x0a\x07request\x12\x03bad");

    problem = Problem {
        code: 14,
        message: "full",
        sender_is_wrong: false,
        retry_after: Some(Duration::from_millis(1_500)),
    };
    let expected = json!({
        "code": 14,
        "message": "full",
        "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500000000s" }],
    });
    assert_eq!(problem.to_json(), expected);
    let status = Status::decode(problem.encode(Format::OtlpProtobuf)).unwrap();
    assert_eq!(status.details[0].value, b"\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01");
}
