//! Words in log bodies and exception messages: the answer through the indexes is the answer of a scan.

use serde_json::{Value, json};

use crate::data::{Span, logs, spans};
use crate::place::Place;

const BATCHES: i64 = 3;
const LINES: i64 = 7_000;
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn body(number: i64) -> String {
    match number % 11 {
        0 => format!("order {number} of user-{} FAILED", number * 7_919),
        1 => format!("주문 {number} 실패, 'Größe {number}' unbekannt"),
        2 => format!(r#"{{"msg":"order {number} stored","cart":"c{}"}}"#, number * 31),
        3 if number % 2_003 == 3 => format!("the rare ΟΔΟΣ of {number}"),
        _ => "heartbeat of the scheduler".into(),
    }
}

/// Lines and spans in three batches; the first two are flushed.
async fn busy() -> Place {
    let place = Place::empty().await;
    for batch in 0..BATCHES {
        let bodies: Vec<String> = (0..LINES).map(|line| body(batch * LINES + line)).collect();
        let lines = bodies.iter().zip(batch * LINES..);
        let lines: Vec<(i64, u8, &str, Option<&str>, Value)> = lines
            .map(|(body, number)| {
                (number * 17 % 500_000, 9, body.as_str(), (number % 97 == 0).then_some(TRACE), json!({}))
            })
            .collect();
        place.send("logs", &logs("cart", &lines)).await;
        let work: Vec<Span> = (0..50)
            .map(|number| {
                let message = body(batch * 50 + number);
                let events = json!([{"timeUnixNano": "1", "name": "exception", "attributes": [
                    {"key": "exception.message", "value": {"stringValue": message}}]}]);
                let span =
                    Span::new(&format!("{:032x}", 1 + batch * 50 + number), 1, None, "work", 2, number);
                Span { events: if number % 2 == 0 { events } else { json!([]) }, ..span }
            })
            .collect();
        place.send("spans", &spans("cart", "prod", &work)).await;
        if batch + 1 < BATCHES {
            place.store.flush().await.unwrap();
        }
    }
    place
}

/// `{}` is the text; the second has the same rows, but no index knows it.
const TEXTS: [(&str, &str, &str); 2] = [
    ("logs", "body", "substr(body, 1)"),
    ("spans", "attr('event.exception.message')", "substr(attr('event.exception.message'), 1)"),
];
const WORDS: [&str; 14] = [
    "failed",
    "FAILED order",
    "\"of user\"",
    "\"order 22\"",
    "user-174218",
    "\"실패, ''größe\"",
    "οδος",
    "rare",
    "absent",
    "rare absent",
    "c62",
    "\"msg\":\"order",
    "heartbeat",
    "",
];
const FURTHER: [&str; 4] =
    ["", " AND {time} >= '2026-01-31T12:04:00Z'", " AND trace_id = '{trace}'", " AND service = 'cart'"];

async fn assert_equal_to_a_scan(place: &Place) {
    let mut matched = 0;
    for (table, indexed, scanned) in TEXTS {
        let time = if table == "logs" { "time" } else { "start" };
        for (words, number) in WORDS.iter().zip(0..) {
            let further = FURTHER[number % FURTHER.len()].replace("{time}", time).replace("{trace}", TRACE);
            for limit in [7, 10_000] {
                let sql = |text: &str| {
                    format!(
                        "SELECT {time}, {indexed} FROM {table} WHERE matches({text}, '{words}'){further} \
                         ORDER BY {time} DESC, 2 LIMIT {limit}"
                    )
                };
                let expected = place.rows(&sql(scanned)).await;
                assert_eq!(place.rows(&sql(indexed)).await, expected, "{}", sql(indexed));
                matched += expected.len();
            }
        }
    }
    assert!(matched > 1_000);
}

/// Guarantee: in buffers, fresh segments and merged ones, words give the rows that a scan gives, newest first
/// and within any limit.
#[tokio::test(flavor = "multi_thread")]
async fn words_give_what_a_scan_gives() {
    let place = busy().await;
    assert_equal_to_a_scan(&place).await;
    place.store.settle().await.unwrap();
    assert_equal_to_a_scan(&place).await;
}

/// Guarantee: a rare word of a merged segment costs few rows, and a word that is nowhere costs none.
#[tokio::test(flavor = "multi_thread")]
async fn rare_words_read_few_rows() {
    let place = busy().await;
    place.store.settle().await.unwrap();
    let scanned = async |words: &str| {
        let sql = format!("SELECT body FROM logs WHERE matches(body, '{words}')");
        place.sql(&sql).await.unwrap().meta.scanned.rows
    };
    assert_eq!(scanned("absent").await, 0);
    assert!(scanned("rare").await < 50);
    assert_eq!(scanned("rare heartbeat").await, 0);
    assert_eq!(scanned("17").await, u64::try_from(BATCHES * LINES).unwrap());
}
