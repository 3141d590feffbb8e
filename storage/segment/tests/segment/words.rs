//! Words found through the indexes against a scan of every text: never a row too few, and hardly any too many.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use daymark_model::rows;
use daymark_model::signal::Table;
use daymark_model::words::{Wanted, fold};
use daymark_segment::{Level, Predicate, Projection, ReadCache, RowRanges, Segment, verify};
use tempfile::TempDir;

use crate::folder::{read_all, written};
use crate::merging::{merged, whole};
use crate::rows::{Draw, Random};

const WORDS: [&str; 24] = [
    "order",
    "FAILED",
    "Größe",
    "ΟΔΟΣ",
    "주문",
    "실패",
    "user",
    "timeout",
    "connection",
    "cart",
    "retry",
    "İznik",
    "日本語",
    "e9x",
    "deadbeef",
    "isn't",
    "x",
    "payment",
    "stored",
    "the",
    "quick",
    "brown",
    "naïve",
    "ﬁn",
];

/// Mostly what few statements write.
fn line(random: &mut Random) -> String {
    if random.below(14) == 0 { prose(random) } else { statement(random) }
}

/// A line that one of few statements writes.
fn statement(random: &mut Random) -> String {
    let (number, id) = (random.below(300), random.next());
    match random.below(13) {
        0 => format!("order {number} of user {id:016x} FAILED"),
        1 => format!("[main] user{number} logged in"),
        2 => format!("주문 {number} 실패: 고객{number}"),
        3 => format!(r#"{{"msg":"Order {number} stored","a1":{id},"größe":"{number}x\n{id:x}"}}"#),
        4 => format!("said 'ΟΔΟΣ {number} ok' and \"quoted {id:x}\" isn't it"),
        5 => format!("token eyJhbGciOiJIUzI1NiIsInR5cCI6{id:x}AbCdEfG{number}é end"),
        6 => String::new(),
        7 => format!("connection to 10.0.0.{number}:8080 timed-out after {number}ms"),
        8 => format!("{{{number}abc{number}def broken"),
        9 => format!("Größe–{number}–İznik naïve{number} <*> kept"),
        10 => format!("retry_{number} payment/v2/{id:x}?cart=true"),
        _ => "heartbeat of the scheduler".to_owned(),
    }
}

/// A text of its own.
fn prose(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..3 + random.below(12) {
        let word = random.pick(&WORDS);
        let other = random.below(100_000);
        let letters = String::from_utf8(other.to_string().bytes().map(|digit| digit + 49).collect()).unwrap();
        write!(text, "{word} {letters}{}", random.pick(&[" ", ", ", ". ", "-", ": \""])).unwrap();
    }
    text
}

fn bodies(random: &mut Random, count: usize, of: impl Fn(&mut Random) -> String) -> Vec<Option<String>> {
    let mut bodies: Vec<_> = (0..count).map(|_| Some(of(random))).collect();
    bodies[count / 3] = None;
    bodies[count / 2] = Some(format!("hidden needle-77 {}", "filler words ".repeat(5_100)));
    bodies[count - 1] = Some("the only Nadel in İstanbul, order 4711 abgelehnt".to_owned());
    bodies
}

pub(crate) fn lines(bodies: &[Option<String>], seed: u64) -> RecordBatch {
    replaced(Table::Logs, "body", Arc::new(bodies.iter().cloned().collect::<StringArray>()), seed)
}

fn replaced(table: Table, name: &str, column: ArrayRef, seed: u64) -> RecordBatch {
    let template = Draw::new(table, seed).batch(column.len());
    let (at, _) = template.schema().column_with_name(name).unwrap();
    let mut columns = template.columns().to_vec();
    columns[at] = column;
    RecordBatch::try_new(template.schema(), columns).unwrap()
}

/// Words and phrases of the texts, in any case, and some that no text has.
fn queries(texts: &[Vec<String>], random: &mut Random, count: usize) -> Vec<String> {
    let full: Vec<&String> = texts.iter().flatten().filter(|text| !text.is_empty()).collect();
    let mut queries = vec![
        "nadel".into(),
        "\"in İSTANBUL, order 4711\"".into(),
        "absent".into(),
        "\"order absent\"".into(),
    ];
    queries.extend(
        ["4711", "\"stored order\"", "failed order", "주문 실패", "\"주문 17 실패\"", "οδοσ"]
            .map(String::from),
    );
    while queries.len() < count {
        let text = folded(full[random.below(full.len() as u64) as usize]);
        let chars: Vec<char> = text.chars().take(400).collect();
        let from = random.below(chars.len() as u64) as usize;
        let to = (from + 1 + random.below(25) as usize).min(chars.len());
        let part: String = chars[from..to].iter().filter(|char| **char != '"').collect();
        queries.push(match random.below(4) {
            0 => format!("\"{part}\""),
            1 => format!("\"{}\"", part.trim_matches(|char: char| !char.is_whitespace()).trim()),
            2 => part.split_whitespace().nth(1).unwrap_or("zzz").to_uppercase(),
            _ => part,
        });
    }
    queries
}

pub(crate) fn found(segment: &Segment, query: &str) -> RowRanges {
    let predicate = Predicate { words: Wanted::parse(query), ..Predicate::default() };
    let (found, cache) = (segment.candidates(&predicate), ReadCache::new(usize::MAX));
    // Files that are kept say the same.
    for _ in 0..2 {
        assert_eq!(segment.candidates_with(&cache, &predicate, &mut |_| ()), found, "{query}");
    }
    found
}

fn folded(text: &str) -> String {
    let mut folded = String::new();
    fold(text, &mut folded);
    folded
}

/// The texts of each row.
fn texts(segment: &Segment) -> Vec<Vec<String>> {
    if segment.table() == Table::Logs {
        let bodies = read_all(segment, &Projection::columns(["body"]));
        let bodies = bodies.column(0).as_string::<i32>().clone();
        return bodies.iter().map(|body| body.iter().map(|body| (*body).to_owned()).collect()).collect();
    }
    let events = read_all(segment, &Projection::columns(["events"]));
    let lists = events.column(0).as_list::<i32>();
    let row = |row: ArrayRef| {
        let attributes = row.as_struct().column_by_name("attributes").unwrap().as_string::<i32>().clone();
        let message = |json: &str| {
            let json: serde_json::Value = serde_json::from_str(json).ok()?;
            Some(json.get("exception.message")?.as_str()?.to_owned())
        };
        attributes.iter().flatten().filter_map(message).collect()
    };
    lists.iter().map(|list| row(list.unwrap())).collect()
}

pub(crate) fn assert_no_row_is_missed(segment: &Segment, seed: u64, count: usize) {
    let texts = texts(segment);
    let folded: Vec<Vec<String>> =
        texts.iter().map(|texts| texts.iter().map(|text| folded(text)).collect()).collect();
    let mut room = String::new();
    let mut matched = 0;
    for query in queries(&texts, &mut Random::new(seed), count) {
        let wanted = Wanted::parse(&query);
        let candidates = found(segment, &query);
        for (row, texts) in (0..).zip(&folded) {
            let may_have = |text: &&String| wanted.phrases().all(|phrase| text.contains(phrase));
            let has = texts.iter().filter(may_have).any(|text| wanted.occur_in(text, &mut room));
            matched += u32::from(has);
            assert!(!has || candidates.contains(row), "{query} left out row {row}: {texts:?}");
        }
    }
    assert!(matched > 0);
}

pub(crate) fn of_level_1(rows: &[RecordBatch]) -> (TempDir, Arc<Segment>) {
    let inputs: Vec<_> = rows.iter().map(|rows| written(Table::Logs, std::slice::from_ref(rows))).collect();
    let (folders, inputs): (Vec<_>, Vec<_>) =
        inputs.into_iter().map(|(dir, segment)| (dir, whole(segment))).unzip();
    let (dir, segment, _) = merged(Table::Logs, Level::L1, &inputs);
    drop(folders);
    (dir, segment)
}

#[test]
fn no_line_is_missed_at_any_level() {
    let mut random = Random::new(7);
    let (few, more) = (bodies(&mut random, 3_000, line), bodies(&mut random, 19_000, statement));
    let (dir, level_0) = written(Table::Logs, &[lines(&few, 1)]);
    assert_no_row_is_missed(&level_0, 1, 80);
    assert_eq!(verify(dir.path()), []);
    let (dir, level_1) = of_level_1(&[lines(&few, 1), lines(&more, 2)]);
    assert!(level_1.meta().files.contains_key("words.idx"));
    assert_no_row_is_missed(&level_1, 2, 40);
    assert_eq!(verify(dir.path()), []);
    let rows = RowRanges::all(level_1.meta().rows);
    let (dir, level_2, _) =
        merged(Table::Logs, Level::L2, &[daymark_segment::Input { segment: level_1, rows }]);
    assert_no_row_is_missed(&level_2, 3, 25);
    assert_eq!(verify(dir.path()), []);
}

#[test]
fn no_line_of_prose_is_missed() {
    let mut random = Random::new(8);
    let all = bodies(&mut random, 20_500, prose);
    let (_dir, level_0) = written(Table::Logs, &[lines(&all[..2_000], 1)]);
    assert_no_row_is_missed(&level_0, 1, 60);
    let (dir, level_1) = of_level_1(&[lines(&all, 1)]);
    assert_no_row_is_missed(&level_1, 2, 30);
    assert_eq!(verify(dir.path()), []);
}

#[test]
fn no_span_with_an_exception_is_missed() {
    let mut random = Random::new(9);
    let Ok(field) = rows::schema(Table::Spans).field_with_name("events").cloned() else {
        panic!("no events")
    };
    let (mut lengths, mut attributes) = (Vec::new(), Vec::new());
    for row in 0..9_000 {
        let count = if row % 50 == 0 { random.below(3) as usize } else { 0 };
        lengths.push(count);
        for _ in 0..count {
            let message = serde_json::Value::from(line(&mut random));
            attributes.push(format!("{{\"exception.message\":{message},\"exception.type\":\"Cancelled\"}}"));
        }
    }
    let count = attributes.len();
    let names = StringArray::from(vec!["exception"; count]);
    let times = arrow::array::TimestampNanosecondArray::from(vec![1; count]).with_timezone("UTC");
    let columns: Vec<ArrayRef> =
        vec![Arc::new(times), Arc::new(names), Arc::new(StringArray::from(attributes))];
    let entries = StructArray::new(rows::event_fields(), columns, None);
    let arrow::datatypes::DataType::List(item) = field.data_type() else { panic!("not a list") };
    let lists =
        ListArray::new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), Arc::new(entries), None);
    let (dir, segment) = written(Table::Spans, &[replaced(Table::Spans, "events", Arc::new(lists), 4)]);
    assert_no_row_is_missed(&segment, 1, 60);
    assert_eq!(verify(dir.path()), []);
    // The type is no text that is searched.
    assert!(found(&segment, "cancelled").is_empty());
}

/// What an index is for: exact rows of rare words, nothing for words that are nowhere.
#[test]
fn few_rows_are_read_for_a_rare_word() {
    let mut random = Random::new(10);
    let mut all = bodies(&mut random, 20_500, statement);
    all[20_500 / 2] = None;
    let (_dir, level_1) = of_level_1(&[lines(&all, 1)]);
    let block = |query| found(&level_1, query).count();
    assert_eq!(block("nadel"), 1);
    assert_eq!(block("\"only nadel in\""), 1);
    assert_eq!(block("\"nadel only\""), 0);
    assert_eq!(block("heartbeat stored"), 0);
    assert_eq!(block("absent"), 0);
    // A number of four digits stands in no index.
    assert_eq!(block("4711"), 20_500);
    // Alone a word may stand in a filter; beside one that is in its shape alone it is exact.
    assert_eq!(block("\"order 4711 abgelehnt\""), 1);
    let (_dir, level_0) = written(Table::Logs, &[lines(&all, 1)]);
    assert_eq!(found(&level_0, "nadel").count(), 20_500 % 1_024);
    assert_eq!(found(&level_0, "absent").count(), 0);
    // A text that is too long to index is always a candidate, by its row alone.
    let long = bodies(&mut random, 20_500, statement);
    let (_dir, with_long) = of_level_1(&[lines(&long, 1)]);
    assert_eq!(found(&with_long, "absent").count(), 1);
    assert_eq!(found(&with_long, "needle").count(), 1);
}

/// A damaged index costs speed, never rows, and is a finding.
#[test]
fn a_damaged_word_index_leaves_every_row() {
    let mut random = Random::new(11);
    let (dir, _) = of_level_1(&[lines(&bodies(&mut random, 20_100, statement), 1)]);
    for file in ["words.rows", "words.idx", "tokens.bf"] {
        let path = dir.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        for at in [0, 9, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            let segment = Segment::open(dir.path()).unwrap();
            assert_eq!(found(&segment, "nadel").count(), 20_100, "{file} at {at}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found(&Segment::open(dir.path()).unwrap(), "nadel").count(), 20_100, "{file}");
        let mut bytes = whole.clone();
        bytes[whole.len() / 2] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
        let named: BTreeSet<_> = verify(dir.path()).into_iter().map(|finding| finding.file).collect();
        assert_eq!(named, BTreeSet::from([file.to_owned()]));
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(verify(dir.path()), []);
}
