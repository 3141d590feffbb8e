//! What has happened but is not delivered yet, in order of delivery. A client sends a span after its end;
//! some come minutes late, some twice.

use std::collections::BTreeMap;

/// An item with the pod that sends it and the library that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel<T> {
    /// When it is sent.
    pub due: i64,
    /// Position of the pod in the fleet.
    pub pod: usize,
    pub scope: &'static str,
    pub item: T,
}

#[derive(Clone, Debug)]
pub(crate) struct Outbox<T> {
    waiting: BTreeMap<(i64, u64), Parcel<T>>,
    put: u64,
}

impl<T> Outbox<T> {
    pub(crate) fn new() -> Self {
        Self { waiting: BTreeMap::new(), put: 0 }
    }

    pub(crate) fn put(&mut self, parcel: Parcel<T>) {
        self.put += 1;
        self.waiting.insert((parcel.due, self.put), parcel);
    }

    /// All that is due before an instant, in order.
    pub(crate) fn take(&mut self, until: i64) -> Vec<Parcel<T>> {
        let later = self.waiting.split_off(&(until, 0));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
