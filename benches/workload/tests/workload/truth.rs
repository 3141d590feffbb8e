//! Same seed, same bytes; and the truth that is kept while making them is what they contain.

use std::collections::{BTreeSet, HashMap};

use daymark_workload::{Feed, Profile, SECOND, Shop};

use crate::counted::{Counted, text};
use crate::{START, sent};

/// A published result can be repeated: the seed decides every byte.
#[test]
fn a_seed_decides_every_byte() {
    let (_, first) = sent(7, Profile::shop(), 20, 20.0);
    let (_, again) = sent(7, Profile::shop(), 20, 20.0);
    let (_, other) = sent(8, Profile::shop(), 20, 20.0);
    assert!(first == again);
    assert!(first != other);
}

/// A demo that is started again must not send yesterday's ids.
#[test]
fn another_start_is_another_life_of_the_same_fleet() {
    let open = |start| {
        let mut feed = Feed::new(Shop::new(7, Profile::tidy()), start, 20.0);
        let mut requests = feed.advance(start + 10 * SECOND);
        requests.extend(feed.finish());
        let spans = Counted::of(&requests).spans;
        let ids: BTreeSet<Vec<u8>> = spans.into_iter().map(|(_, span)| span.span_id).collect();
        let pods: Vec<String> = feed.shop().fleet().pods.iter().map(|pod| pod.name.clone()).collect();
        (ids, pods)
    };
    let (today, later) = (open(START), open(START + 60 * SECOND));
    assert!(!today.0.is_empty() && today.0.is_disjoint(&later.0));
    assert_eq!(today.1, later.1);
}

/// Who decodes all bodies and counts gets the truth, with repeats and lateness as with neither.
#[test]
fn the_truth_is_what_the_bodies_hold() {
    for profile in [Profile::bench(), Profile::shop(), Profile::tidy()] {
        let (feed, requests) = sent(11, profile, 20, 60.0);
        let mut truth = feed.truth().clone();
        assert!(truth.spans > 8_000 && truth.logs > 8_000 && truth.points() > 200, "{truth:?}");
        // Only the sender knows what it held back.
        truth.late = 0;
        assert_eq!(Counted::of(&requests).truth(), truth);
        assert_eq!(feed.waiting(), 0);
    }
}

/// Before the shop closes, what is not due is kept back, and nothing is delivered before its end.
#[test]
fn nothing_is_delivered_before_it_has_ended() {
    let mut feed = Feed::new(Shop::new(3, Profile::bench()), START, 50.0);
    for second in 1..=5 {
        let now = START + second * SECOND;
        let counted = Counted::of(&feed.advance(now));
        let skew = feed.shop().profile().skew;
        assert!(counted.spans.iter().all(|(_, span)| (span.end_time_unix_nano as i64) < now + skew));
    }
    assert!(feed.waiting() > 0);
    assert!(Counted::of(&feed.finish()).items() > 0);
}

/// The roster tells the size of each trace and where its order number can be found.
#[test]
fn the_roster_knows_every_trace() {
    let (feed, requests) = sent(5, Profile::bench(), 20, 40.0);
    let counted = Counted::of(&requests);
    let mut spans: HashMap<&[u8], (u32, u32)> = HashMap::new();
    for (_, span) in counted.distinct() {
        let entry = spans.entry(&span.trace_id).or_default();
        entry.0 += 1;
        entry.1 += u32::from(text(&span.attributes, "app.order.id").is_some());
    }
    let mut lines: HashMap<&[u8], u32> = HashMap::new();
    for (_, line) in counted.lines.iter().filter(|(_, line)| !line.trace_id.is_empty()) {
        *lines.entry(&line.trace_id).or_default() += 1;
    }
    assert_eq!(feed.roster().len(), spans.len());
    for trace in feed.roster() {
        assert_eq!(spans[trace.id.as_slice()], (trace.spans, trace.order_spans));
        assert_eq!(lines.get(trace.id.as_slice()).copied().unwrap_or_default(), trace.lines);
    }
}
