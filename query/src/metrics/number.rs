//! Points of gauges and sums.

use super::growth::Counted;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) time: i64,
    pub(super) start: Option<i64>,
    /// Not a number where the sender says that there is none.
    pub(super) value: f64,
    /// May only rise, so that a fall is a new beginning.
    pub(super) is_monotonic: bool,
}

impl Counted for Number {
    type Amount = f64;

    fn time(&self) -> i64 {
        self.time
    }

    fn start(&self) -> Option<i64> {
        self.start
    }

    fn whole(&self) -> f64 {
        self.value
    }

    fn since(&self, before: &Self) -> Option<f64> {
        (!self.is_monotonic || self.value >= before.value).then_some(self.value - before.value)
    }
}
