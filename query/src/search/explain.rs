//! `POST /traces/explain`: which keys have other values in a selection than in a baseline.
//!
//! The score of a key is half the sum of the differences of all shares, where its absence is a value too:
//! 0 for the same distribution, 1 when no value is in both. Keys that name single spans, or so few
//! that chance alone gives the sides other values, say nothing and are left out.

use std::collections::{BTreeMap, HashMap};

use daymark_view::error::{AskError, Code};
use daymark_view::fields::FieldType;
use daymark_view::meta::{Answer, Truncated};
use daymark_view::spans::{Difference, ExplainAsk, Share};
use serde_json::{Value, json};

use super::census::Looked;
use super::desk::Desk;
use super::spans::condition_of;
use super::traces::in_area;

/// Spans of a side that are looked at: the newest.
const LOOKED_AT: usize = 50_000;
const KEYS_MAX: usize = 2_000;
/// Different values of all keys of a side together.
const VALUES_MAX: usize = 100_000;
const VALUE_BYTES: usize = 256;
/// Values that are shown of each side.
const SHOWN: usize = 10;
/// Numbers with more values than this are put into as many ranges.
const RANGES: usize = 8;
/// A key with more different values than this share of its spans names single ones.
const UNIQUE: f64 = 0.5;
/// A key with so many values that the sides would differ by this much if both were drawn from the same spans.
const BY_CHANCE: f64 = 0.5;
/// Of so few spans nothing is left out.
const FEW: u64 = 20;

/// How often each value came.
type Counts = HashMap<Box<str>, u64>;

/// The values of the keys of a side.
#[derive(Debug, Default)]
struct Side {
    spans: u64,
    keys: BTreeMap<String, Counted>,
    values: usize,
    is_cut: bool,
}

#[derive(Debug)]
struct Counted {
    is_number: bool,
    counts: Counts,
}

impl Side {
    fn add(&mut self, looked: &Looked<'_>) {
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(looked.key) {
            self.is_cut = true;
            return;
        }
        let is_number = matches!(looked.kind, FieldType::Int | FieldType::Double);
        let new = || Counted { is_number, counts: Counts::new() };
        let counted = self.keys.entry(looked.key.to_owned()).or_insert_with(new);
        counted.is_number &= is_number;
        let end = looked.value.floor_char_boundary(VALUE_BYTES);
        let value = looked.value.get(..end).unwrap_or_default();
        if let Some(count) = counted.counts.get_mut(value) {
            *count += 1;
        } else if self.values < VALUES_MAX {
            counted.counts.insert(value.into(), 1);
            self.values += 1;
        } else {
            self.is_cut = true;
        }
    }
}

impl Desk {
    pub(crate) async fn explain(self, ask: ExplainAsk) -> Result<Answer<Vec<Difference>>, AskError> {
        let selected = condition_of(&ask.selection)?;
        let beside = match (&ask.baseline, ask.selection.area) {
            (Some(baseline), _) => condition_of(baseline)?,
            (None, Some(area)) => {
                let mut all = ask.selection.clone();
                all.area = None;
                format!("{} AND NOT ({})", condition_of(&all)?, in_area(area))
            }
            (None, None) => {
                return Err(AskError::new(
                    Code::BadRequest,
                    "there is nothing to compare the selection with",
                )
                .hint("give a baseline, or a box in the selection"));
            }
        };
        let (selection, baseline) = (self.side(&selected).await?, self.side(&beside).await?);
        let mut keys: Vec<&String> = selection.keys.keys().chain(baseline.keys.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut all: Vec<Difference> =
            keys.into_iter().filter_map(|key| difference(key, &baseline, &selection)).collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        let is_cut = selection.is_cut || baseline.is_cut;
        let looked = selection.spans + baseline.spans;
        let mut answer = self.answer(all);
        let mut there = 0;
        for (side, condition) in [(&selection, &selected), (&baseline, &beside)] {
            there +=
                if side.spans < LOOKED_AT as u64 { side.spans } else { self.spans_with(condition).await? };
        }
        answer.meta.sampled = (there > looked).then(|| looked as f64 / there as f64);
        answer.meta.truncated = is_cut.then(|| Truncated {
            reason: "too many keys and values to compare all".into(),
            shown: looked,
            total: None,
        });
        Ok(answer)
    }

    async fn side(&self, condition: &str) -> Result<Side, AskError> {
        let mut side = Side::default();
        side.spans = self.values(condition, LOOKED_AT, |looked| side.add(looked)).await?;
        Ok(side)
    }
}

/// None for a key that names single spans.
fn difference(key: &str, baseline: &Side, selection: &Side) -> Option<Difference> {
    let none = Counted { is_number: true, counts: Counts::new() };
    let (of_before, of_now) = (baseline.keys.get(key), selection.keys.get(key));
    let is_number = [of_before, of_now].iter().flatten().all(|counted| counted.is_number);
    let (before, now) = (&of_before.unwrap_or(&none).counts, &of_now.unwrap_or(&none).counts);
    let mut values: Vec<&str> = before.keys().chain(now.keys()).map(AsRef::as_ref).collect();
    values.sort_unstable();
    values.dedup();
    let is_ranged = is_number && values.len() > RANGES;
    let spans: u64 = before.values().chain(now.values()).sum();
    if !is_ranged && spans > FEW && values.len() as f64 > spans as f64 * UNIQUE {
        return None;
    }
    let parts = if is_ranged { ranges(before, now) } else { texts(&values, before, now) };
    let (of_before, of_now) = (baseline.spans.max(1) as f64, selection.spans.max(1) as f64);
    if spans > FEW && by_chance(&parts, of_before, of_now) > BY_CHANCE {
        return None;
    }
    // Of a key with several values in a span each counts, and none is absent.
    let absent = |counts: &Counts, of: f64| (1.0 - counts.values().sum::<u64>() as f64 / of).max(0.0);
    let mut shares: Vec<(Value, f64, f64)> = parts
        .into_iter()
        .map(|(value, before, now)| (value, before as f64 / of_before, now as f64 / of_now))
        .collect();
    let absent = (absent(before, of_before), absent(now, of_now));
    if absent.0 > 0.0 || absent.1 > 0.0 {
        shares.push((Value::Null, absent.0, absent.1));
    }
    let score: f64 = shares.iter().map(|(_, before, now)| (before - now).abs()).sum::<f64>() / 2.0;
    shares.sort_by(|a, b| (b.1 - b.2).abs().total_cmp(&(a.1 - a.2).abs()));
    shares.truncate(SHOWN);
    let share = |value: &Value, share: f64| Share { value: value.clone(), share };
    Some(Difference {
        key: key.to_owned(),
        score: score.clamp(0.0, 1.0),
        baseline: shares.iter().map(|(value, before, _)| share(value, *before)).collect(),
        selection: shares.iter().map(|(value, _, now)| share(value, *now)).collect(),
    })
}

/// The score that two sides of this size have on average when they are drawn from the same spans.
fn by_chance(parts: &[(Value, u64, u64)], of_before: f64, of_now: f64) -> f64 {
    let spread = 2.0 / std::f64::consts::PI * (1.0 / of_before + 1.0 / of_now);
    let of_part = |(_, before, now): &(Value, u64, u64)| {
        let share = ((before + now) as f64 / (of_before + of_now)).min(1.0);
        (spread * share * (1.0 - share)).sqrt()
    };
    parts.iter().map(of_part).sum::<f64>() / 2.0
}

fn texts(values: &[&str], before: &Counts, now: &Counts) -> Vec<(Value, u64, u64)> {
    let count = |counts: &Counts, value: &str| counts.get(value).copied().unwrap_or_default();
    values.iter().map(|value| (json!(value), count(before, value), count(now, value))).collect()
}

/// Ranges that hold about as many spans each.
fn ranges(before: &Counts, now: &Counts) -> Vec<(Value, u64, u64)> {
    let numbers = |counts: &Counts| -> Vec<(f64, u64)> {
        counts.iter().filter_map(|(text, count)| Some((text.parse().ok()?, *count))).collect()
    };
    let (before, now) = (numbers(before), numbers(now));
    let mut all: Vec<(f64, u64)> = before.iter().chain(&now).copied().collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spans: u64 = all.iter().map(|(_, count)| count).sum();
    let mut bounds: Vec<f64> = Vec::new();
    let mut passed = 0;
    for (number, count) in &all {
        if passed * RANGES as u64 >= spans * bounds.len() as u64 && bounds.last() != Some(number) {
            bounds.push(*number);
        }
        passed += count;
    }
    let within = |numbers: &[(f64, u64)], from: f64, to: Option<f64>| {
        let inside = numbers.iter().filter(|(number, _)| *number >= from && to.is_none_or(|to| *number < to));
        inside.map(|(_, count)| count).sum::<u64>()
    };
    let range = |at: usize| {
        let (from, to) = (bounds[at], bounds.get(at + 1).copied());
        (json!({"ge": from, "lt": to}), within(&before, from, to), within(&now, from, to))
    };
    (0..bounds.len()).map(range).collect()
}
