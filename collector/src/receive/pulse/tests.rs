//! The timers of a connection, on a clock that is moved by hand.

use daymark_model::time::{ManualClock, Nanos};

use super::*;

struct Patient {
    clock: Arc<ManualClock>,
    pulse: Arc<Pulse>,
}

fn patient() -> Patient {
    let clock = Arc::new(ManualClock::at(Nanos(0)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    Patient { clock, pulse: Arc::new(Pulse::new(&IntakeLimits::default(), &shared)) }
}

impl Patient {
    fn after(&self, seconds: u64) -> Verdict {
        self.clock.advance(Duration::from_secs(seconds));
        self.pulse.verdict()
    }
}

fn ask(seconds: u64) -> Verdict {
    Verdict::Ask(Duration::from_secs(seconds))
}

/// Longer waits are cut, so that no deadline is seen late by more than the time of a head.
const LATER: Verdict = Verdict::Ask(Duration::from_secs(10));

#[test]
fn a_silent_connection_is_slow() {
    let patient = patient();
    assert_eq!(patient.after(0), ask(10));
    assert_eq!(patient.after(9), ask(1));
    assert_eq!(patient.after(1), Verdict::Slow);
}

#[test]
fn trickling_does_not_extend_the_time_of_a_head() {
    let patient = patient();
    patient.after(3);
    for _ in 0..4 {
        patient.pulse.saw(b"X");
        patient.after(2);
    }
    assert_eq!(patient.after(0), ask(2), "counted from the first byte");
    patient.pulse.saw(b"X");
    assert_eq!(patient.after(2), Verdict::Slow);
}

#[test]
fn work_has_no_deadline_and_idling_a_long_one() {
    let patient = patient();
    patient.pulse.saw(b"POST / HTTP/1.1\r\n\r\n");
    let (first, second) = (patient.pulse.busy(), patient.pulse.busy());
    assert_eq!(patient.after(100_000), LATER);
    patient.pulse.saw(b"body");
    drop(first);
    assert!(patient.pulse.is_working());
    drop(second);
    assert!(!patient.pulse.is_working());
    assert_eq!(patient.after(115), ask(5));
    patient.pulse.saw(b"P");
    assert_eq!(patient.after(4), ask(6), "the head of the next request");
    assert_eq!(patient.after(6), Verdict::Slow);
}

#[test]
fn control_frames_of_http2_do_not_keep_a_connection() {
    let patient = patient();
    patient.pulse.saw(&HTTP2_PREFACE[..10]);
    assert_eq!(patient.after(9), ask(1), "half a preface is the head of a request");
    patient.pulse.saw(&HTTP2_PREFACE[10..]);
    assert_eq!(patient.after(0), LATER);
    for _ in 0..11 {
        patient.pulse.saw(b"\0\0\x08\x06\0\0\0\0\0pingping");
        patient.after(10);
    }
    assert_eq!(patient.after(9), ask(1));
    assert_eq!(patient.after(1), Verdict::Idle);
}

#[test]
fn what_only_begins_like_http2_is_not() {
    let patient = patient();
    patient.pulse.saw(b"PRI * HTTP/2.0\r\n\r\nXX");
    patient.pulse.saw(&HTTP2_PREFACE[20..]);
    assert_eq!(patient.after(10), Verdict::Slow);
}
