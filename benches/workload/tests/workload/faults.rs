//! Faults come at known times and can be seen in what is sent.

use daymark_workload::{Effect, Faults, Profile, SECOND};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::counted::{Counted, failed};
use crate::{START, sent};

/// Answers to calls, and statements to databases.
const SERVED: Option<SpanKind> = Some(SpanKind::Server);
const STATED: Option<SpanKind> = None;

#[test]
fn episodes_repeat_at_known_times() {
    let faults = Faults::bad_day();
    let rounds = faults.episodes(START, START + 3 * faults.round);
    assert_eq!(rounds.len(), 3 * faults.script.len());
    for episode in &rounds {
        assert_eq!(episode.to - episode.from, episode.fault.lasts);
        assert!(faults.active(episode.from).any(|fault| *fault == episode.fault));
        assert!(faults.active(episode.to - 1).any(|fault| *fault == episode.fault));
        assert!(faults.active(episode.to).all(|fault| *fault != episode.fault));
    }
    assert!(faults.active(START).next().is_none());
    assert_eq!(Faults::none().episodes(START, START + 3 * faults.round), []);
}

/// Each effect is plain to see: the victim within its episode against the victim while all is well.
#[test]
fn every_fault_shows_while_it_lasts() {
    let profile = Profile { services: 20, ..Profile::shop() };
    let (feed, requests) = sent(21, Profile { late: 0.0, duplicates: 0.0, skew: 0, ..profile }, 600, 8.0);
    let counted = Counted::of(&requests);
    let spans: Vec<(&str, i64, i64, bool, Option<SpanKind>)> = counted
        .spans
        .iter()
        .map(|(service, span)| {
            let (start, end) = (span.start_time_unix_nano as i64, span.end_time_unix_nano as i64);
            let statement = span.attributes.iter().any(|attribute| attribute.key == "db.query.text");
            let kind = if statement { None } else { Some(span.kind()) };
            (service.as_str(), start, end - start, failed(span) == 1, kind)
        })
        .collect();
    for episode in feed.shop().faults().episodes(START, START + 600 * SECOND) {
        let inside = |at: i64| (episode.from..episode.to).contains(&at);
        let calm = |at: i64| feed.shop().faults().active(at).next().is_none();
        let target = episode.fault.target;
        let of = |when: &dyn Fn(i64) -> bool, kind: Option<SpanKind>| -> Vec<(i64, bool)> {
            let chosen = spans.iter().filter(|span| span.0 == target && when(span.1) && span.4 == kind);
            chosen.map(|span| (span.2, span.3)).collect()
        };
        let mean = |all: &[(i64, bool)]| all.iter().map(|one| one.0).sum::<i64>() / all.len() as i64;
        let errors = |all: &[(i64, bool)]| all.iter().filter(|one| one.1).count() as f64 / all.len() as f64;
        match episode.fault.effect {
            Effect::Slow { .. } => {
                assert!(mean(&of(&inside, SERVED)) > 5 * mean(&of(&calm, SERVED)), "{episode:?}")
            }
            Effect::SlowDatabase { .. } => {
                assert!(mean(&of(&inside, STATED)) > 5 * mean(&of(&calm, STATED)), "{episode:?}");
            }
            Effect::Errors { .. } => {
                assert!(errors(&of(&inside, SERVED)) > 0.08 + errors(&of(&calm, SERVED)), "{episode:?}");
            }
            Effect::Stall { by } => {
                let waits = waits(&counted, target);
                assert!(waits.iter().any(|&(at, wait)| inside(at) && wait >= by), "{episode:?}");
                assert!(waits.iter().all(|&(at, wait)| inside(at) || wait < by), "{episode:?}");
            }
        }
    }
}

/// When messages of a queue were sent, and how long they waited.
fn waits(counted: &Counted, queue: &str) -> Vec<(i64, i64)> {
    let sent: std::collections::HashMap<&[u8], i64> = counted
        .spans
        .iter()
        .map(|(_, span)| (span.span_id.as_slice(), span.end_time_unix_nano as i64))
        .collect();
    let name = format!("process {queue}");
    let consumed = counted.spans.iter().filter(|(_, span)| span.name == name);
    consumed
        .map(|(_, span)| {
            let at = sent[span.parent_span_id.as_slice()];
            (at, span.start_time_unix_nano as i64 - at)
        })
        // Messages that wait for ten minutes anyway tell nothing.
        .filter(|(_, wait)| *wait < 600 * SECOND)
        .collect()
}
