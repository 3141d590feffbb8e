//! Whether a group is bad in a window: pure arithmetic over what was sampled.

use daymark_view::alerts::rule::{Compare, How, Rule};
use daymark_view::alerts::sample::Sample;

/// What a window says of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Bad,
    Good,
    /// There is nothing to judge.
    Absent,
    /// Nobody was there to take what was sent: neither good nor bad.
    Unknown,
}

/// A verdict with what it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    pub value: Option<f64>,
    pub count: u64,
}

/// What was sampled of a group: in the window, and in an earlier one where the rule compares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'s> {
    pub now: Option<&'s Sample>,
    pub then: Option<&'s Sample>,
}

/// Judges a group. `is_firing` asks by the threshold to recover; `is_blind` is set where the window touches a
/// time in which nothing could come in.
pub fn judge(rule: &Rule, seen: Seen<'_>, is_firing: bool, is_blind: bool) -> Judged {
    let count_of = |sample: Option<&Sample>| sample.map_or(0, |sample| sample.count);
    let count = count_of(seen.now).max(count_of(seen.then));
    let value = value(rule, seen);
    let told = |verdict| Judged { verdict, value, count };
    let Some(number) = value else {
        return told(if is_blind { Verdict::Unknown } else { Verdict::Absent });
    };
    let op = rule.condition.op;
    // Of a time in which nothing came in, too little says nothing.
    let says_little = seen.now.is_none() || op.is_downward();
    if is_blind && says_little {
        return told(Verdict::Unknown);
    }
    if count < rule.min_count {
        return told(Verdict::Good);
    }
    let threshold = rule.recover.filter(|_| is_firing).unwrap_or(rule.condition.threshold);
    let is_bad = op.holds(number, threshold) && differs_enough(rule, seen);
    told(if is_bad { Verdict::Bad } else { Verdict::Good })
}

fn value(rule: &Rule, seen: Seen<'_>) -> Option<f64> {
    let of = |sample: Option<&Sample>| match sample {
        Some(sample) => sample.value,
        None => rule.signal.is_counted().then_some(0.0),
    };
    let now = of(seen.now);
    let Some(Compare { how, .. }) = rule.compare else { return now };
    let (now, then) = (now?, of(seen.then)?);
    match how {
        How::Difference => Some(now - then),
        How::Ratio => (then != 0.0).then(|| now / then),
    }
}

fn differs_enough(rule: &Rule, seen: Seen<'_>) -> bool {
    let Some(Compare { least, .. }) = rule.compare.filter(|compare| compare.least > 0.0) else { return true };
    let of = |sample: Option<&Sample>| sample.and_then(|sample| sample.value).unwrap_or_default();
    (of(seen.now) - of(seen.then)).abs() >= least
}
