//! A jump forward, back, in small steps, over a restart.

use daymark_model::time::ManualClock;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn clock() -> ManualClock {
    ManualClock::at(Nanos(1_800_000_000 * Nanos::SECOND))
}

#[test]
fn two_steady_looks_ten_minutes_apart_restore_trust() {
    for jump in [2 * Nanos::HOUR, -2 * Nanos::HOUR, 3_650 * Nanos::DAY, -3_650 * Nanos::DAY] {
        let clock = clock();
        let mut steady = Steady::since(None, &clock);
        assert!(steady.trusts(&clock));
        clock.jump(jump);
        assert!(!steady.trusts(&clock));
        for _ in 0..19 {
            clock.advance(MINUTE);
            assert!(!steady.trusts(&clock));
        }
        clock.advance(MINUTE);
        assert!(steady.trusts(&clock));
    }
}

#[test]
fn a_clock_that_jumps_back_again_starts_anew() {
    let clock = clock();
    let mut steady = Steady::since(None, &clock);
    clock.jump(Nanos::DAY);
    assert!(!steady.trusts(&clock));
    clock.advance(15 * MINUTE);
    assert!(!steady.trusts(&clock));
    clock.jump(-Nanos::DAY);
    assert!(!steady.trusts(&clock));
    clock.advance(15 * MINUTE);
    assert!(!steady.trusts(&clock));
    clock.advance(15 * MINUTE);
    assert!(steady.trusts(&clock));
}

#[test]
fn small_steps_add_up() {
    let clock = clock();
    let mut steady = Steady::since(None, &clock);
    let trusted: Vec<bool> = (0..3)
        .map(|_| {
            clock.jump(25 * Nanos::MINUTE);
            steady.trusts(&clock)
        })
        .collect();
    assert_eq!(trusted, [true, true, false]);
}

#[test]
fn a_start_far_from_the_newest_arrival_waits() {
    let clock = clock();
    let day_ago = clock.now().plus(-Nanos::DAY);
    assert!(!Steady::since(Some(day_ago), &clock).trusts(&clock));
    assert!(Steady::since(Some(clock.now().plus(-Nanos::MINUTE)), &clock).trusts(&clock));
}
