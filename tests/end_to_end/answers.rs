//! What was sent is what is answered: by SQL, by trace id, by the ledger, before and after a restart.

use serde_json::Value;

use crate::server::{Server, shop};

fn hex(id: [u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_was_sent_is_answered_now_and_after_a_restart() {
    let (requests, truth, roster) = shop(1, 20, 10.0);
    let mut server = Server::start();
    for request in &requests {
        assert_eq!(server.send(request).status, 200);
    }
    for round in 0..3 {
        assert_eq!(server.number("SELECT count(*) FROM spans"), truth.spans, "round {round}");
        assert_eq!(server.number("SELECT count(DISTINCT trace_id) FROM spans"), truth.traces);
        assert_eq!(server.number("SELECT count(*) FROM logs"), truth.logs);
        assert_eq!(server.number("SELECT count(trace_id) FROM logs"), truth.logs_traced);
        assert_eq!(server.number("SELECT count(*) FROM spans WHERE status = 'error'"), truth.errors);
        let by_service = server.sql("SELECT service, count(*) FROM spans GROUP BY service");
        for (service, expected) in truth.services.iter().filter(|(_, expected)| expected.spans > 0) {
            let row = by_service.iter().find(|row| row[0] == service.as_str());
            assert_eq!(row.and_then(|row| row[1].as_u64()), Some(expected.spans), "{service}");
        }
        for trace in roster.iter().step_by(roster.len() / 5) {
            let id = hex(trace.id);
            let answer = server.get(&format!("/api/v1/traces/{}", id.to_uppercase())).json();
            assert_eq!(answer["data"]["trace_id"], id.as_str());
            assert_eq!(answer["data"]["span_count"], trace.spans);
            assert_eq!(answer["data"]["error_count"], trace.errors);
            let logs = server.get(&format!("/api/v1/traces/{id}/logs?limit=1000")).json();
            assert_eq!(logs["data"].as_array().map(Vec::len), Some(trace.lines as usize), "{logs}");
        }
        server.assert_balanced();
        match round {
            0 => {
                server.kill();
                server.restart();
                server.wait_until_ready();
            }
            _ => {
                server.settle();
                server.stop();
                server.restart();
                server.wait_until_ready();
            }
        }
    }
}

#[test]
fn an_erased_trace_is_gone_at_once() {
    let (requests, truth, roster) = shop(2, 10, 10.0);
    let server = Server::start();
    for request in &requests {
        server.send(request);
    }
    let (id, spans) = (hex(roster[3].id), u64::from(roster[3].spans));
    assert_eq!(server.delete(&format!("/api/v1/traces/{id}")).status, 202);
    assert_eq!(server.get(&format!("/api/v1/traces/{id}")).status, 404);
    assert_eq!(server.number("SELECT count(*) FROM spans"), truth.spans - spans);
    server.assert_balanced();
}

#[test]
fn an_unknown_trace_is_not_found_in_words() {
    let server = Server::start();
    let answer = server.get("/api/v1/traces/0123456789abcdef0123456789abcdef");
    assert_eq!((answer.status, &answer.json()["code"]), (404, &Value::from("not_found")));
    let answer = server.get("/api/v1/traces/not-an-id");
    assert_eq!((answer.status, &answer.json()["code"]), (400, &Value::from("bad_id")));
}

/// The server keeps what it says about itself, apart from everybody else's data.
#[test]
fn the_server_tells_about_itself() {
    let server = Server::start();
    server.get("/api/v1/services");
    server.own_number("SELECT count(*) FROM metric_points WHERE metric = 'daymark_ledger_imbalance_items'");
    server.own_number("SELECT count(*) FROM spans WHERE name = 'GET /api/v1/services' AND kind = 'server'");
    assert_eq!(server.number("SELECT count(*) FROM spans"), 0);
    assert_eq!(server.number("SELECT count(*) FROM metric_points"), 0);
    server.assert_balanced();
}
