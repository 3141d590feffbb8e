//! The keys of lines with their values, against a plain count over what was sent.

use std::collections::BTreeMap;

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::fields::{FieldLevel, FieldRow, FieldType, FieldsAsk};
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use serde_json::{Value, json};

use crate::data::{NOON, logs};
use crate::place::{Place, query_id};

const HOUR: Range = Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) };

fn ask(q: &str, search: &str) -> FieldsAsk {
    FieldsAsk {
        query_id: query_id(),
        query: parse(Domain::Logs, q).unwrap(),
        range: HOUR,
        scope: Vec::new(),
        search: search.into(),
        limit: 100,
        cursor: None,
    }
}

impl Place {
    async fn fields(&self, ask: FieldsAsk) -> Answer<Vec<FieldRow>> {
        self.answerer.log_fields(ask).await.unwrap()
    }
}

fn of<'a>(rows: &'a [FieldRow], key: &str) -> &'a FieldRow {
    rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no {key} in {rows:?}"))
}

/// Guarantee: counts, distinct values and the most frequent ones are those of the matching lines, in buffers
/// and in segments; bodies that are JSON have fields, too.
#[tokio::test(flavor = "multi_thread")]
async fn fields_are_counted() {
    let place = Place::empty().await;
    let bodies: Vec<String> = (0..300)
        .map(|number| match number % 3 {
            0 => format!(r#"{{"msg":"paid","user":{{"id":{},"vip":true}}}}"#, number % 7),
            _ => format!("order {number}"),
        })
        .collect();
    let attributes = |number: usize| match number % 4 {
        0 => json!({"order": number % 5, "retry": true}),
        _ => json!({"order": format!("o{}", number % 5)}),
    };
    let lines: Vec<(i64, u8, &str, Option<&str>, Value)> = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| (number as i64 * 7_000, 9, body.as_str(), None, attributes(number)))
        .collect();
    place.send("logs", &logs("cart", &lines)).await;
    for _ in 0..2 {
        let answer = place.fields(ask("", "")).await;
        assert_eq!((answer.meta.sampled, answer.meta.truncated), (None, None));
        let rows = &answer.data;
        let order = of(rows, "order");
        assert_eq!((order.count, order.distinct, order.r#type), (300, 10, FieldType::Text));
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..300 {
            let text = attributes(number)["order"].to_string().replace('"', "");
            *expected.entry(text).or_default() += 1;
        }
        let top: BTreeMap<String, u64> =
            order.top.iter().map(|value| (value.value.clone(), value.count)).collect();
        assert_eq!(top, expected);
        let user = of(rows, "body.user.id");
        assert_eq!(
            (user.count, user.distinct, user.r#type, user.level),
            (100, 7, FieldType::Int, FieldLevel::Body)
        );
        assert_eq!((user.top[0].value.as_str(), user.top[0].count), ("0", 15));
        assert_eq!(of(rows, "body.user.vip").r#type, FieldType::Bool);
        assert_eq!((of(rows, "retry").count, of(rows, "severity").top[0].value.as_str()), (75, "info"));
        let host = of(rows, "resource.host.cpus");
        assert_eq!((host.count, host.level, host.r#type), (300, FieldLevel::Resource, FieldType::Int));

        let few = place.fields(ask("body.user.id=3", "user.")).await.data;
        assert_eq!(
            few.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(),
            ["body.user.id", "body.user.vip"]
        );
        assert_eq!((few[0].count, few[0].distinct), (15, 1));
        let values = place.fields(ask("", "order:o1")).await.data;
        assert_eq!((values.len(), values[0].top.len(), values[0].top[0].value.as_str()), (1, 1, "o1"));
        let (mut cursor, mut paged) = (None, Vec::new());
        loop {
            let page = place.fields(FieldsAsk { limit: 3, cursor, ..ask("", "") }).await;
            paged.extend(page.data);
            cursor = page.meta.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(&paged, rows);
        place.store.settle().await.unwrap();
    }
}

/// Guarantee: of many lines some are looked at from all over the range, and the answer says how large their
/// share is.
#[tokio::test(flavor = "multi_thread")]
async fn the_work_over_many_lines_is_bounded() {
    let place = Place::empty().await;
    let bodies: Vec<String> = (0..30_000).map(|number| format!("line {number}")).collect();
    for (batch, some) in bodies.chunks(10_000).enumerate() {
        let lines: Vec<_> = some
            .iter()
            .enumerate()
            .map(|(at, body)| {
                let number = batch * 10_000 + at;
                (number as i64 * 120, 9, body.as_str(), None, json!({"tenth": number * 10 / 30_000}))
            })
            .collect();
        place.send("logs", &logs("cart", &lines)).await;
    }
    let answer = place.fields(ask("", "")).await;
    let tenth = of(&answer.data, "tenth");
    assert!((19_000..=21_000).contains(&tenth.count), "{}", tenth.count);
    assert_eq!(tenth.distinct, 10);
    let share = answer.meta.sampled.unwrap();
    assert!((0.63..0.7).contains(&share), "{share}");
}
