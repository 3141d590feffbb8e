//! Repeats: valid bodies, new ids each time, and what belonged together still does.

use std::collections::{BTreeSet, HashMap, HashSet};

use daymark_workload::{Marks, Profile, Recording, Request, SECOND, Signal, Truth};
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::START;
use crate::counted::{Counted, body, text};

const LENGTH: i64 = 300 * SECOND;

fn recording() -> Recording {
    Recording::new(1, Profile::bench(), START, LENGTH, 8_000)
}

fn pass(recording: &Recording, number: u64) -> Vec<Request> {
    recording.requests(recording.pass(number), &Signal::ALL).collect()
}

fn known(truth: &Truth) -> Truth {
    Truth { late: 0, ..truth.clone() }
}

/// Any number of passes adds up: no id of one is in another, and each counts what the truth says.
#[test]
fn passes_share_no_ids_and_count_alike() {
    let recording = recording();
    let (mut traces, mut spans, mut orders) = (HashSet::new(), HashSet::new(), HashSet::new());
    for number in 0..4 {
        let counted = Counted::of(&pass(&recording, number));
        assert_eq!(counted.truth(), known(recording.truth()));
        traces.extend(counted.spans.iter().map(|(_, span)| span.trace_id.clone()));
        spans.extend(counted.spans.iter().map(|(_, span)| span.span_id.clone()));
        let mine: BTreeSet<String> =
            counted.spans.iter().filter_map(|(_, span)| text(&span.attributes, "app.order.id")).collect();
        let before = orders.len();
        orders.extend(mine.iter().cloned());
        assert_eq!(orders.len() - before, mine.len());
    }
    let truth = recording.truth().times(4);
    assert_eq!((traces.len() as u64, spans.len() as u64), (truth.traces, truth.spans));
}

/// A pass is the recording one stretch later, nothing else moved.
#[test]
fn a_pass_is_shifted_by_its_length() {
    let recording = recording();
    let (first, third) = (Counted::of(&pass(&recording, 0)), Counted::of(&pass(&recording, 2)));
    let by = 2 * LENGTH as u64;
    for ((_, before), (_, after)) in first.spans.iter().zip(&third.spans) {
        assert_eq!(before.start_time_unix_nano + by, after.start_time_unix_nano);
        assert_eq!(before.end_time_unix_nano + by, after.end_time_unix_nano);
        assert_eq!(before.name, after.name);
        for (before, after) in before.events.iter().zip(&after.events) {
            assert_eq!(before.time_unix_nano + by, after.time_unix_nano);
        }
    }
    for ((_, before), (_, after)) in first.lines.iter().zip(&third.lines) {
        assert_eq!(before.time_unix_nano + by, after.time_unix_nano);
        assert_eq!(before.observed_time_unix_nano + by, after.observed_time_unix_nano);
        assert_eq!(body(before).len(), body(after).len());
    }
}

/// Lines, links and exemplars of a pass lead to spans of the same pass; the roster is translated likewise.
#[test]
fn what_belonged_together_still_does() {
    let recording = recording();
    let pass_three = recording.pass(3);
    let counted = Counted::of(&pass(&recording, 3));
    let spans: HashMap<&[u8], &[u8]> =
        counted.spans.iter().map(|(_, span)| (span.span_id.as_slice(), span.trace_id.as_slice())).collect();
    let traced: Vec<&LogRecord> =
        counted.lines.iter().map(|(_, line)| line).filter(|line| !line.trace_id.is_empty()).collect();
    assert!(traced.iter().all(|line| spans[line.span_id.as_slice()] == line.trace_id));
    let mut links = counted.spans.iter().flat_map(|(_, span)| &span.links);
    assert!(links.all(|link| spans[link.span_id.as_slice()] == link.trace_id));

    let mut orders: HashMap<String, u32> = HashMap::new();
    for (_, span) in counted.distinct() {
        if let Some(order) = text(&span.attributes, "app.order.id") {
            *orders.entry(order).or_default() += 1;
        }
    }
    let traces: HashSet<&[u8]> = spans.values().copied().collect();
    for trace in recording.roster() {
        assert!(traces.contains(pass_three.trace_id(trace.id).as_slice()));
        let order = format!("ord-{}", pass_three.token(trace.order));
        assert_eq!(orders.get(&order).copied().unwrap_or_default(), trace.order_spans);
    }
}

/// The first pass is the recording itself; bytes that are no request are refused instead of half marked.
#[test]
fn marks_are_only_found_in_requests() {
    let recording = recording();
    for request in pass(&recording, 0).iter().take(6) {
        let marks = Marks::of(request.signal, &request.body).unwrap();
        let mut body = request.body.clone();
        marks.apply(&recording.pass(0), &mut body);
        assert!(body == request.body);
        assert_eq!(Marks::of(request.signal, &request.body[..request.body.len() - 1]), None);
    }
    assert_eq!(Marks::of(Signal::Spans, b"\xff\xff\xff"), None);
}

/// Requests hold 500 to 2,000 items, as exporters and collectors send them.
#[test]
fn requests_are_full() {
    let recording = Recording::new(2, Profile::bench(), START, LENGTH, 16_000);
    let spans: Vec<usize> =
        recording.requests(recording.pass(0), &[Signal::Spans]).map(|request| request.items).collect();
    let full = spans.iter().filter(|items| (500..=2_000).contains(*items)).count();
    assert!(full * 10 >= spans.len() * 9, "{spans:?}");
    let total = recording.truth().spans as f64;
    assert!((11_000.0..22_000.0).contains(&total), "{total}");
}
