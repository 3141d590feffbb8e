//! Conditions over attributes: what is judged value by value is what is judged row by row.

use serde_json::json;

use crate::data::{Span, spans};
use crate::place::Place;

const SPANS: i64 = 4_000;

/// Spans whose attributes depend on their operation, some of which their resource has too, merged and not.
async fn merged() -> Place {
    let place = Place::empty().await;
    for (batch, service) in ["cart", "web", "pay"].into_iter().enumerate() {
        let span = |number: i64| {
            let (name, attributes) = match number % 4 {
                0 => ("GET /", json!({"http.route": "/", "code": 200, "telemetry.sdk.language": "go"})),
                1 => ("GET /cart", json!({"http.route": "/cart", "code": 404, "ratio": 0.5})),
                2 => ("POST /cart", json!({"http.route": "/cart", "code": 500, "host.cpus": 2})),
                _ => ("work", json!({"user": format!("u{number}"), "code": "none"})),
            };
            let id = (batch as i64 * SPANS + number + 1) as u64;
            Span { attributes, ..Span::new(&format!("{id:032x}"), id, None, name, 2, number) }
        };
        let all: Vec<Span> = (0..SPANS).map(span).collect();
        place.send("spans", &spans(service, "prod", &all)).await;
        if batch == 0 {
            place.store.settle().await.unwrap();
        } else if batch == 1 {
            place.store.flush().await.unwrap();
        }
    }
    place
}

/// `{}` is the attribute.
const CONDITIONS: [&str; 12] = [
    "{} = '/cart'",
    "{} IS DISTINCT FROM '/cart'",
    "{} IN ('/', '500', 'java', '8')",
    "{} IS NULL",
    "{} IS NOT NULL",
    "lower({}) LIKE '%car%'",
    "regexp_like({}, '^[0-9]+$')",
    "coalesce({}, 'none') = 'none'",
    "{} > '3' AND {} < '9'",
    "{} = 'go' OR {} = '2'",
    "CAST(nullif({}, '') AS TEXT) != 'java'",
    "({} = '404') IS NOT TRUE",
];

#[tokio::test]
async fn values_are_judged_as_rows_are() {
    let place = merged().await;
    let count = async |condition: String| {
        let sql = format!("SELECT count(*), count(DISTINCT name), min(start) FROM spans WHERE {condition}");
        place.rows(&sql).await.remove(0)
    };
    let keys =
        ["http.route", "code", "span.code", "user", "telemetry.sdk.language", "host.cpus", "span.host.cpus"];
    for key in keys {
        for condition in CONDITIONS {
            let by_value = condition.replace("{}", &format!("attr('{key}')"));
            // Over two columns, so that each row is judged.
            let by_row = format!("CASE WHEN length(name) > 0 THEN attr('{key}') END");
            let by_row = condition.replace("{}", &by_row);
            assert_eq!(count(by_value.clone()).await, count(by_row).await, "{by_value}");
        }
    }
    let many = count("attr_num('code') >= 404 AND attr('http.route') = '/cart'".into()).await;
    assert_eq!(many[0], json!(3 * SPANS / 2));
    // What cannot be read as a number is never asked for where other conditions leave it out.
    let some = count("name = 'GET /' AND CAST(attr('code') AS INT) = 200".into()).await;
    assert_eq!(some[0], json!(3 * SPANS / 4));
}
