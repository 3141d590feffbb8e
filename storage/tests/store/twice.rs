//! A span that is sent again while it is in the buffers is stored once, by what it says and not by its id.

use daymark_model::intake::{Decode, Intake};
use daymark_model::reason::Deduplicated;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, SystemClock};
use daymark_model::wire::Format;
use daymark_storage::ledger::Entry;
use daymark_workload::SECOND;

use crate::estate::{Estate, admitted, stretch};

fn repeats(estate: &Estate) -> u64 {
    let balances = estate.store().balances();
    let entry = Entry::Deduplicated(Deduplicated::Record);
    balances.iter().filter_map(|one| one.entries.get(&entry)).map(|count| count.items).sum()
}

/// All spans of some seconds, and all of them again in requests of another size.
fn sent_twice(seed: u64) -> (Vec<daymark_workload::Request>, Vec<daymark_workload::Request>, u64, u64) {
    let start = SystemClock::new().now().0 - 120 * SECOND;
    let spans = |items| {
        let (mut requests, truth) = stretch(seed, start, items);
        requests.retain(|request| request.signal == daymark_workload::Signal::Spans);
        (requests, truth.spans)
    };
    let ((first, truth), (mut again, _)) = (spans(300), spans(70));
    again.retain(|request| !first.contains(request));
    let resent = again.iter().map(|request| request.items as u64).sum();
    assert!(resent > truth / 2);
    (first, again, truth, resent)
}

#[test]
fn repeats_of_buffered_spans_are_stored_once() {
    let (first, again, truth, resent) = sent_twice(100);
    let mut estate = Estate::new();
    // Interleaved, so that twins are met in chunks that were united and not.
    let mut again = again.chunks(again.len() / first.len() + 1);
    for (at, request) in first.iter().enumerate() {
        estate.send(request).unwrap();
        if at * 2 > first.len() {
            again.next().into_iter().for_each(|some| estate.send_all(some));
        }
    }
    again.for_each(|some| estate.send_all(some));
    for _ in 0..2 {
        assert_eq!(estate.rows()[&Table::Spans] as u64, truth);
        assert_eq!(repeats(&estate), resent);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
    estate.flush();
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth);
    assert_eq!(repeats(&estate), resent);
    estate.assert_balanced();
}

/// A large batch falls into parts around the few spans of it that are known, and is known itself by its parts.
#[test]
fn a_few_repeats_within_a_large_batch_are_stored_once() {
    let start = SystemClock::new().now().0 - 120 * SECOND;
    let spans = |seed, items| {
        let (mut requests, truth) = stretch(seed, start, items);
        requests.retain(|request| request.signal == daymark_workload::Signal::Spans);
        (requests, truth.spans)
    };
    let ((few, known), (large, new)) = (spans(104, 5), spans(105, 600));
    let joined = |requests: &[&daymark_workload::Request]| daymark_workload::Request {
        signal: daymark_workload::Signal::Spans,
        body: requests.iter().flat_map(|request| request.body.iter().copied()).collect(),
        items: requests.iter().map(|request| request.items).sum(),
    };
    let mut estate = Estate::new();
    estate.send_all(&few);
    estate.send(&joined(&[&large[0], &few[3], &large[1], &few[4]])).unwrap();
    estate.send_all(&large[2..]);
    let mut resent = few[3].items + few[4].items;
    assert_eq!((estate.rows()[&Table::Spans] as u64, repeats(&estate)), (known + new, resent as u64));
    estate.send(&joined(&[&large[1], &few[5], &large[0]])).unwrap();
    resent += large[1].items + few[5].items + large[0].items;
    for _ in 0..2 {
        assert_eq!((estate.rows()[&Table::Spans] as u64, repeats(&estate)), (known + new, resent as u64));
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
    estate.flush();
    assert_eq!((estate.rows()[&Table::Spans] as u64, repeats(&estate)), (known + new, resent as u64));
    estate.assert_balanced();
}

/// Some of the twins are in segments by the time of the repeat, and the process ends in between.
#[test]
fn repeats_around_a_flush_and_a_crash_balance() {
    let (first, again, truth, resent) = sent_twice(101);
    let mut estate = Estate::new();
    let (early, late) = first.split_at(first.len() / 2);
    estate.send_all(early);
    estate.flush();
    estate.send_all(late);
    estate.send_all(&again);
    let (rows, found) = (estate.rows()[&Table::Spans] as u64, repeats(&estate));
    assert!(found > 0 && found < resent);
    for _ in 0..2 {
        assert_eq!(estate.rows()[&Table::Spans] as u64, rows);
        assert_eq!(rows, truth + resent - repeats(&estate));
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth);
    assert_eq!(repeats(&estate), resent);
    estate.assert_balanced();
}

#[test]
fn an_erased_span_may_come_again() {
    let (first, again, truth, _) = sent_twice(102);
    let estate = Estate::new();
    estate.send_all(&first);
    let id = some_span_trace(&estate);
    let gone = estate.wait(estate.store().erase_trace(daymark_model::origin::DEFAULT_TENANT, id)).unwrap();
    estate.send_all(&again);
    let back =
        estate.column(Table::Spans, "trace_id").iter().filter(|other| **other == id.to_string()).count();
    assert!(back > 0 && back as u64 <= gone, "{back} of {gone}");
    assert!(estate.rows()[&Table::Spans] as u64 >= truth - gone);
    estate.assert_balanced();
}

fn some_span_trace(estate: &Estate) -> daymark_model::id::TraceId {
    let hex = estate.column(Table::Spans, "trace_id").into_iter().nth(100).unwrap();
    daymark_model::id::TraceId(u128::from_str_radix(&hex, 16).unwrap().to_be_bytes())
}

/// One id, one start, one duration: the rest decides.
#[test]
fn what_differs_in_anything_is_kept() {
    let now = SystemClock::new().now().0;
    let span = |name: &str, kind: u8, value: &str| {
        format!(
            r#"{{"traceId":"5b8aa5a2d2c872e8321cf37308d69df2","spanId":"051581bf3cb55c13","name":"{name}","kind":{kind},
            "startTimeUnixNano":"{now}","endTimeUnixNano":"{}","attributes":[{{"key":"k","value":{{"stringValue":"{value}"}}}}]}}"#,
            now + 1_000
        )
    };
    let request = |service: &str, spans: &[String]| {
        let body = format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},
            "scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
            spans.join(",")
        );
        let body = bytes::Bytes::from(body);
        let items = daymark_decode::OtlpDecode.count(Signal::Spans, Format::OtlpJson, &body).unwrap();
        let like = &stretch(103, now, 300).0[0];
        daymark_model::intake::Admitted {
            signal: Signal::Spans,
            format: Format::OtlpJson,
            payload: body.clone(),
            body,
            items,
            ..admitted(like)
        }
    };
    let (a, b, c) = (span("a", 2, "1"), span("a", 3, "1"), span("a", 2, "2"));
    let all = [a.clone(), a.clone(), b, c.clone()];
    let estate = Estate::new();
    let send = |request| estate.wait(estate.store().submit(request)).unwrap();
    send(request("shop", &all));
    assert_eq!((estate.rows()[&Table::Spans], repeats(&estate)), (3, 1), "a repeat within one request");
    send(request("till", std::slice::from_ref(&a)));
    assert_eq!((estate.rows()[&Table::Spans], repeats(&estate)), (4, 1), "of another service");
    send(request("shop", &[c, span("b", 2, "1")]));
    let (rows, found) = (estate.rows()[&Table::Spans], repeats(&estate));
    assert_eq!(rows as u64 + found, 7);
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(
        (estate.rows()[&Table::Spans], repeats(&estate)),
        (5, 2),
        "the merge finds what is missed here"
    );
    estate.assert_balanced();
}
