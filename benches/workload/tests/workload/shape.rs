//! The promised shape: sizes, shares, distributions, and trees that hold together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use daymark_workload::{Profile, Request, SECOND, Signal};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};

use crate::counted::{Counted, body, failed, text};
use crate::sent;

const SPAN_BYTES: std::ops::RangeInclusive<usize> = 390..=580;

fn within(what: &str, value: f64, range: std::ops::RangeInclusive<f64>) {
    assert!(range.contains(&value), "{what} is {value}, wanted {range:?}");
}

#[test]
fn spans_have_the_promised_size_and_attributes() {
    for (profile, rate) in [(Profile::bench(), 80.0), (Profile::shop(), 80.0)] {
        let (_, requests) = sent(1, profile, 10, rate);
        let full: Vec<&Request> = requests
            .iter()
            .filter(|request| request.signal == Signal::Spans && request.items >= 500)
            .collect();
        let bytes: usize = full.iter().map(|request| request.body.len()).sum();
        let items: usize = full.iter().map(|request| request.items).sum();
        assert!(SPAN_BYTES.contains(&(bytes / items)), "{} bytes a span", bytes / items);
        assert!(requests.iter().all(|request| request.items <= 2_000));

        let counted = Counted::of(&requests);
        let numbers: Vec<usize> = counted.spans.iter().map(|(_, span)| span.attributes.len()).collect();
        assert!(numbers.iter().all(|number| (12..=40).contains(number)), "{:?}", numbers.iter().max());
        assert!(numbers.iter().any(|&number| number > 30));
    }
}

#[test]
fn spans_of_a_trace_are_log_normal_with_a_heavy_tail() {
    let profile = Profile { spans_tail: 0.01, ..Profile::tidy() };
    let (feed, _) = sent(2, profile, 20, 50.0);
    let mut sizes: Vec<u32> = feed.roster().iter().map(|trace| trace.spans).collect();
    sizes.sort_unstable();
    let at = |share: f64| f64::from(sizes[(sizes.len() as f64 * share) as usize]);
    within("median", at(0.5), 7.0..=9.0);
    within("p90", at(0.9), 15.0..=20.0);
    assert!(*sizes.last().unwrap() >= 200, "{:?}", sizes.last());
}

/// The fleet of the bench: 20 services, 6 pods and 14 operations each; larger ones open further cells.
#[test]
fn the_fleet_has_the_size_of_its_profile() {
    for (services, pods, operations) in [(20, 6, 14), (200, 50, 100), (14, 3, 6)] {
        let profile = Profile { services, pods, operations, ..Profile::bench() };
        let shop = daymark_workload::Shop::new(1, profile);
        let fleet = shop.fleet();
        let names: BTreeSet<&str> = fleet.services.iter().map(|service| service.name.as_str()).collect();
        let pods_named: BTreeSet<&str> = fleet.pods.iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!((names.len(), pods_named.len()), (services, services * pods));
        for service in &fleet.services {
            let names: BTreeSet<&str> = service.operations.iter().map(|all| all.name.as_str()).collect();
            assert_eq!((names.len(), service.pods.len()), (operations, pods));
        }
    }
}

#[test]
fn lines_are_as_long_and_as_often_traced_as_promised() {
    let (feed, requests) = sent(3, Profile::bench(), 20, 60.0);
    let counted = Counted::of(&requests);
    let lines: Vec<&str> = counted.lines.iter().map(|(_, line)| body(line)).collect();
    let mean = lines.iter().map(|line| line.len()).sum::<usize>() as f64 / lines.len() as f64;
    within("mean body", mean, 85.0..=115.0);
    let open = ["{order}", "{user}", "{op}", "{cause}", "{ms}", "{n}", "{req}", "{ip}", "{money}"];
    assert!(lines.iter().all(|line| !open.iter().any(|part| line.contains(part))));
    let words =
        |line: &&str| line.split(' ').filter(|word| word.bytes().all(|b| b.is_ascii_lowercase())).count();
    assert!(lines.iter().all(|line| words(line) >= 2));

    let truth = feed.truth();
    within("share traced", truth.logs_traced as f64 / truth.logs as f64, 0.58..=0.62);
    within("lines for a span", truth.logs as f64 / truth.spans as f64, 0.95..=1.1);
    let traced: Vec<u32> = feed.roster().iter().map(|trace| trace.lines).filter(|&lines| lines > 0).collect();
    within("lines of a trace", f64::from(traced.iter().sum::<u32>()) / traced.len() as f64, 4.0..=9.0);
    let severities: BTreeSet<i32> = counted.lines.iter().map(|(_, line)| line.severity_number).collect();
    assert_eq!(severities, BTreeSet::from([5, 9, 13, 17]));
}

#[test]
fn shares_are_as_the_profile_says() {
    let (feed, _) = sent(4, Profile::bench(), 30, 60.0);
    let truth = feed.truth();
    let share = |count: u64| count as f64 / truth.spans as f64;
    within("errors", share(truth.errors), 0.007..=0.014);
    within("late", share(truth.late), 0.004..=0.006);
    within("duplicates", share(truth.duplicates), 0.0005..=0.0015);
}

/// Every span but a root has its parent in the same trace, starts no earlier than it (by one clock), and
/// carries an id of its own.
#[test]
fn traces_are_trees() {
    let (_, requests) = sent(5, Profile::tidy(), 20, 60.0);
    let counted = Counted::of(&requests);
    let mut by_trace: HashMap<&[u8], Vec<&Span>> = HashMap::new();
    for (_, span) in &counted.spans {
        by_trace.entry(&span.trace_id).or_default().push(span);
    }
    let mut ids = HashSet::new();
    for spans in by_trace.values() {
        let inside: HashMap<&[u8], &Span> =
            spans.iter().map(|span| (span.span_id.as_slice(), *span)).collect();
        assert_eq!(inside.len(), spans.len());
        let (roots, others): (Vec<&Span>, Vec<&Span>) =
            spans.iter().partition(|span| span.parent_span_id.is_empty());
        assert_eq!(roots.len(), 1);
        for span in others {
            let parent = inside[span.parent_span_id.as_slice()];
            assert!(parent.start_time_unix_nano <= span.start_time_unix_nano);
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            if matches!(
                span.kind(),
                SpanKind::Internal | SpanKind::Client | SpanKind::Producer | SpanKind::Server
            ) {
                assert!(
                    span.end_time_unix_nano <= parent.end_time_unix_nano,
                    "{} in {}",
                    span.name,
                    parent.name
                );
            }
        }
        ids.extend(spans.iter().map(|span| &span.span_id));
    }
    assert_eq!(ids.len(), counted.spans.len());
}

/// Everything a microservice system does is there: browsers that begin traces, queues with links, databases,
/// foreign addresses, RPC, exceptions, and all kinds of metric.
#[test]
fn the_shop_shows_every_side_of_a_system() {
    let (feed, requests) = sent(6, Profile::bench(), 20, 60.0);
    let counted = Counted::of(&requests);
    let kinds: BTreeSet<SpanKind> = counted.spans.iter().map(|(_, span)| span.kind()).collect();
    assert_eq!(kinds.len(), 5);
    let values = |key: &str| -> BTreeSet<String> {
        counted.spans.iter().filter_map(|(_, span)| text(&span.attributes, key)).collect()
    };
    assert_eq!(values("db.system.name"), BTreeSet::from(["postgresql".to_owned(), "redis".to_owned()]));
    assert_eq!(values("messaging.system"), BTreeSet::from(["kafka".to_owned(), "rabbitmq".to_owned()]));
    assert_eq!(values("rpc.system"), BTreeSet::from(["grpc".to_owned()]));

    let born = |wanted: &str| {
        let roots = counted.spans.iter().filter(|(_, span)| span.parent_span_id.is_empty());
        roots.filter(|(service, _)| service == wanted).count()
    };
    assert!(born("web") > born("gateway") && born("gateway") > 50);
    let consumers = counted.spans.iter().filter(|(_, span)| span.kind() == SpanKind::Consumer);
    assert!(consumers.clone().all(|(_, span)| !span.links.is_empty()));
    assert!(consumers.clone().count() > 50, "{}", consumers.count());
    let thrown = counted.spans.iter().filter(|(_, span)| !span.events.is_empty());
    assert!(thrown.clone().all(|(_, span)| failed(span) == 1) && thrown.count() > 10);

    let truth = feed.truth();
    let kinds: BTreeMap<&str, u64> = truth.points.clone();
    assert_eq!(
        kinds.keys().copied().collect::<Vec<_>>(),
        ["exp_histogram", "gauge", "histogram", "sum", "summary"]
    );
    assert!(truth.exemplars > 50);
}

/// A knob decides how many traces reach over more than ten minutes.
#[test]
fn some_traces_straddle_a_window() {
    let (_, requests) = sent(9, Profile { straddling: 0.5, ..Profile::tidy() }, 20, 60.0);
    let counted = Counted::of(&requests);
    let mut ends: HashMap<&[u8], (u64, u64)> = HashMap::new();
    for (_, span) in &counted.spans {
        let entry = ends.entry(&span.trace_id).or_insert((u64::MAX, 0));
        *entry = (entry.0.min(span.start_time_unix_nano), entry.1.max(span.start_time_unix_nano));
    }
    let long = ends.values().filter(|(first, last)| last - first >= 600 * SECOND as u64).count();
    assert!(long * 10 > ends.len() * 4, "{long} of {}", ends.len());
}
