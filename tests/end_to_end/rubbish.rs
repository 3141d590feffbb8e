//! Rubbish costs its sender, and nobody else: the next good request is taken, and the ledger balances.

use crate::server::{Server, shop};

#[test]
fn bad_bodies_are_refused_and_counted() {
    let (requests, _, _) = shop(3, 5, 5.0);
    let server = Server::start();
    let traces = format!("{}/v1/traces", server.otlp);
    let protobuf = "application/x-protobuf";
    let cases: [(&str, Vec<u8>, u16); 6] = [
        (protobuf, b"\xff\xff\xff\xff".to_vec(), 400),
        (protobuf, vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], 400),
        ("application/json", b"{".to_vec(), 400),
        ("application/json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(), 400),
        ("application/json", br#"{"resourceSpans": 7}"#.to_vec(), 400),
        ("text/plain", b"hello".to_vec(), 415),
    ];
    for (content_type, body, status) in cases {
        let start: Vec<u8> = body.iter().copied().take(20).collect();
        assert_eq!(server.post(&traces, content_type, body).status, status, "{content_type} {start:?}");
        assert_eq!(server.send(&requests[0]).status, 200);
    }
    server.assert_balanced();
}

#[test]
fn bad_questions_are_refused_in_words() {
    let server = Server::start();
    let chain = format!("SELECT {}1", "1+".repeat(20_000));
    for query in [
        "SELEC 1",
        "SELECT nothing FROM spans",
        "DROP TABLE spans",
        "INSERT INTO spans VALUES (1)",
        "SELECT * FROM '/etc/passwd'",
        "COPY spans TO '/tmp/x'",
        "SET datafusion.execution.batch_size = 1",
        chain.as_str(),
    ] {
        let answer = server.sql_answer(query);
        let told = answer.json();
        assert!((400..500).contains(&answer.status), "{told}");
        assert!(told["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{told}");
    }
    assert_eq!(server.number("SELECT 1"), 1);
}
