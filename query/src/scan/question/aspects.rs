//! A question one aspect after the other, so that it can be told what each of them leaves.

use super::Question;

/// Takes one aspect of the second question over; false when it has none.
type Aspect = fn(&mut Question, &Question) -> bool;

/// In the order in which people think of them.
const ASPECTS: [(&str, Aspect); 10] = [
    ("time", |one, all| {
        one.predicate.time.clone_from(&all.predicate.time);
        all.predicate.time.is_some()
    }),
    ("service", |one, all| {
        one.predicate.service.clone_from(&all.predicate.service);
        one.services_folded.clone_from(&all.services_folded);
        all.predicate.service.is_some() || all.services_folded.is_some()
    }),
    ("name", |one, all| {
        one.predicate.name.clone_from(&all.predicate.name);
        all.predicate.name.is_some()
    }),
    ("columns", |one, all| {
        one.predicate.columns.clone_from(&all.predicate.columns);
        one.predicate.errors_only = all.predicate.errors_only;
        !all.predicate.columns.is_empty() || all.predicate.errors_only
    }),
    ("duration", |one, all| {
        one.predicate.duration_min = all.predicate.duration_min;
        all.predicate.duration_min.is_some()
    }),
    ("severity", |one, all| {
        one.predicate.severity_min = all.predicate.severity_min;
        all.predicate.severity_min.is_some()
    }),
    ("resource", |one, all| {
        one.joined.clone_from(&all.joined);
        !all.joined.is_empty()
    }),
    ("attributes", |one, all| {
        one.attributes.clone_from(&all.attributes);
        !all.attributes.is_empty()
    }),
    ("words", |one, all| {
        one.predicate.words = all.predicate.words.clone();
        one.predicate.words != Default::default()
    }),
    ("trace", |one, all| {
        one.traces.clone_from(&all.traces);
        all.traces.is_some()
    }),
];

impl Question {
    /// Ever narrower questions, each with the name of the aspect that it has more than the one before.
    pub(crate) fn narrower(&self) -> Vec<(&'static str, Self)> {
        let mut one = Self { is_metric: self.is_metric, ..Self::default() };
        let mut all = Vec::new();
        for (name, take) in ASPECTS {
            if take(&mut one, self) {
                all.push((name, one.clone()));
            }
        }
        all
    }
}
