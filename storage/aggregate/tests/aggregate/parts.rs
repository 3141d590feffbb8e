//! Sums against plain code, and parts against the whole.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, UInt64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use daymark_aggregate::{
    Aggregate, Kind, Shared, Span, Sums, Target, Uncounted, Waiting, open_batch, open_spans,
};
use proptest::prelude::*;

use crate::forest::{Random, forest, shuffle};

fn tables(sums: &Sums) -> Vec<RecordBatch> {
    Aggregate::ALL.into_iter().map(|aggregate| aggregate.rows(sums).unwrap()).collect()
}

fn whole(spans: &[Span]) -> Vec<RecordBatch> {
    let mut sums = Sums::default();
    sums.rest(spans, &[]);
    tables(&sums)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// However spans came together, also when what is open was kept in files meanwhile.
    #[test]
    fn parts_and_the_rest_are_the_whole(seed: u64, count in 1..6_usize) {
        let mut spans = forest(seed, true);
        let expected = whole(&spans);
        let random = &mut Random(seed ^ 1);
        shuffle(random, &mut spans);
        let mut parts = vec![Vec::new(); count];
        spans.iter().for_each(|span| parts[random.below(count)].push(span.clone()));
        let (mut sums, mut open) = (Sums::default(), Vec::new());
        for part in &parts {
            let kept = open_batch(&sums.part(part).open).unwrap();
            open.extend(open_spans(&kept).unwrap());
        }
        let traces: HashSet<_> = open.iter().map(|span| span.trace).collect();
        let others: Vec<Span> = spans.into_iter().filter(|span| traces.contains(&span.trace)).collect();
        shuffle(random, &mut open);
        sums.rest(&open, &others);
        prop_assert_eq!(tables(&sums), expected);
    }

    /// What is open in each part is counted by itself, by the few spans near it in all of them.
    #[test]
    fn open_spans_are_told_by_those_near_them(seed: u64, count in 1..6_usize) {
        let spans = forest(seed, true);
        let expected = whole(&spans);
        let random = &mut Random(seed ^ 4);
        let mut parts = vec![Vec::new(); count];
        spans.iter().for_each(|span| parts[random.below(count)].push(span.clone()));
        let mut sums = Sums::default();
        for (at, part) in parts.iter().enumerate() {
            let Uncounted { open, near: own } = sums.part(part);
            let waiting = Waiting::of(open);
            let mut shared = Shared::default();
            let near = loop {
                let mut near = if shared.is_empty() { own.clone() } else { Vec::new() };
                for (other, spans) in parts.iter().enumerate() {
                    if other != at || !shared.is_empty() {
                        near.extend(spans.iter().filter(|span| waiting.heeds(span, &shared)).cloned());
                    }
                }
                let known = shared.len();
                shared.extend(near.iter().filter(|span| span.label.is_shared).map(Span::key));
                if shared.len() == known {
                    break near;
                }
            };
            sums.rest(waiting.spans(), &near);
        }
        prop_assert_eq!(tables(&sums), expected);
    }

    /// The sums of parts that were closed, each beside all others, are the sums of the whole.
    #[test]
    fn closed_parts_are_the_whole(seed: u64, count in 1..5_usize) {
        let spans = forest(seed, false);
        let expected = whole(&spans);
        let random = &mut Random(seed ^ 3);
        let mut parts = vec![Vec::new(); count];
        spans.iter().for_each(|span| parts[random.below(count)].push(span.clone()));
        let mut sums = Sums::default();
        for (at, part) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
            sums.rest(part, others.flat_map(|(_, part)| part));
        }
        prop_assert_eq!(tables(&sums), expected);
    }

    /// Spans with ids that are not distinct still count once each.
    #[test]
    fn every_span_counts_once(seed: u64) {
        let mut spans = forest(seed, true);
        let random = &mut Random(seed ^ 2);
        for _ in 0..random.below(10) {
            let (one, other) = (random.below(spans.len()), random.below(spans.len()));
            let twice = Span { trace: spans[one].trace, id: spans[one].id, ..spans[other].clone() };
            spans.push(twice);
        }
        let mut sums = Sums::default();
        let open = sums.part(&spans).open;
        sums.rest(&open, &spans);
        let red = Aggregate::Red.rows(&sums).unwrap();
        let counts = red.column_by_name("count").unwrap();
        prop_assert_eq!(counts.as_primitive::<UInt64Type>().values().iter().sum::<u64>(), spans.len() as u64);
    }

    #[test]
    fn sums_are_what_plain_code_counts(seed: u64) {
        let spans = forest(seed, false);
        let tables = whole(&spans);
        prop_assert_eq!(counted(&tables[0], &["service", "name", "kind", "entry", "status_class"]), plain_red(&spans));
        let keys = ["client", "server", "server_kind", "link", "operation"];
        prop_assert_eq!(counted(&tables[2], &keys), plain_edges(&spans));
        let adjusted = tables[0].column_by_name("adjusted").unwrap().as_primitive::<Float64Type>().values().iter();
        prop_assert_eq!(adjusted.sum::<f64>(), spans.iter().map(|span| span.adjusted).sum::<f64>());
    }
}

type Counted = BTreeMap<Vec<String>, (u64, u64)>;

/// Count and errors by some columns.
fn counted(batch: &RecordBatch, keys: &[&str]) -> Counted {
    let options = FormatOptions::default();
    let columns: Vec<_> = keys.iter().map(|key| batch.column_by_name(key).unwrap()).collect();
    let columns: Vec<_> = columns.iter().map(|one| ArrayFormatter::try_new(one, &options).unwrap()).collect();
    let number = |name| batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>();
    let mut counted = Counted::new();
    for row in 0..batch.num_rows() {
        let key = columns.iter().map(|column| column.value(row).to_string()).collect();
        let sum = counted.entry(key).or_default();
        sum.0 += number("count").value(row);
        sum.1 += number("errors").value(row);
    }
    counted
}

fn parent<'a>(spans: &'a [Span], span: &Span) -> Option<&'a Span> {
    spans.iter().find(|other| other.trace == span.trace && Some(other.id) == span.parent)
}

fn plain_red(spans: &[Span]) -> Counted {
    let mut counted = Counted::new();
    for span in spans {
        let is_entry = match (span.label.kind, span.parent, parent(spans, span)) {
            (Kind::Server | Kind::Consumer, ..) | (_, None, _) => true,
            (_, _, Some(parent)) => parent.owner.service != span.owner.service,
            (kind, _, None) => kind == Kind::Unspecified,
        };
        let class = format!("{:?}", span.label.status_class).to_lowercase();
        let class = match class.strip_suffix(')').and_then(|class| class.split_once('(')) {
            Some(("http", hundreds)) => format!("{hundreds}xx"),
            Some((grpc, code)) => format!("{grpc}_{code}"),
            None => class,
        };
        let key =
            [&span.owner.service, &span.label.name, span.label.kind.name(), &is_entry.to_string(), &class];
        add(&mut counted, &key.map(|part| part as &str), span);
    }
    counted
}

fn plain_edges(spans: &[Span]) -> Counted {
    let mut counted = Counted::new();
    let is_call = |span: &Span, parent: &Span| parent.owner.service != span.owner.service;
    for span in spans {
        let (service, name) = (&span.owner.service, &span.label.name);
        match parent(spans, span).filter(|parent| is_call(span, parent)) {
            Some(parent) => {
                let is_messaging = span.label.kind == Kind::Consumer || parent.label.kind == Kind::Producer;
                let link = if is_messaging { "messaging" } else { "call" };
                add(&mut counted, &[&parent.owner.service, service, "service", link, name], span);
            }
            None if span.parent.is_none() && span.label.kind == Kind::Server => {
                add(&mut counted, &["user", service, "service", "call", name], span);
            }
            None => {}
        }
        let is_answered = spans.iter().any(|other| {
            parent(spans, other).is_some_and(|caller| std::ptr::eq(caller, span) && is_call(other, caller))
        });
        let waits = !is_answered || span.label.target == Target::Database;
        if let (true, Some(peer)) = (waits, &span.label.peer) {
            let is_messaging = span.label.kind == Kind::Producer || span.label.target == Target::Queue;
            let link = if is_messaging { "messaging" } else { "call" };
            add(&mut counted, &[service, peer, span.label.target.name(), link, name], span);
        }
    }
    counted
}

fn add(counted: &mut Counted, key: &[&str], span: &Span) {
    let sum = counted.entry(key.iter().map(ToString::to_string).collect()).or_default();
    sum.0 += 1;
    sum.1 += u64::from(span.label.is_error);
}
