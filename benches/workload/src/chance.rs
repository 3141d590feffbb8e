//! The one source of randomness of a shop. Everything random is drawn from here in a fixed order, which is
//! what makes a seed repeatable.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Clone, Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A course of its own for each `salt`, on which this one has no further influence.
    pub(crate) fn fork(&self, salt: u64) -> Self {
        Self::new(self.clone().0.next_u64() ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn hit(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A number from 0 up to, not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        if from >= to { from } else { self.0.random_range(from..to) }
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub(crate) fn log_normal(&mut self, mu: f64, sigma: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        (mu + sigma * normal).exp()
    }

    /// A time around a median, in nanoseconds.
    pub(crate) fn around(&mut self, median: i64, sigma: f64) -> i64 {
        (median as f64 * self.log_normal(0.0, sigma)) as i64
    }

    /// A rank below `end` by Zipf's law: the first is drawn most often.
    pub(crate) fn rank(&mut self, end: usize) -> usize {
        let rank = (end as f64).powf(self.unit()) as usize;
        rank.saturating_sub(1).min(end.saturating_sub(1))
    }

    /// A waiting time with the given mean, in nanoseconds.
    pub(crate) fn gap(&mut self, mean: f64) -> i64 {
        (-(1.0 - self.unit()).ln() * mean) as i64
    }

    pub(crate) fn id8(&mut self) -> [u8; 8] {
        self.0.next_u64().max(1).to_be_bytes()
    }

    pub(crate) fn id16(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        self.0.fill_bytes(&mut id);
        id[8..].copy_from_slice(&self.id8());
        id
    }

    /// A number that is never seen again, such as of an order or a session.
    pub(crate) fn token(&mut self) -> Token {
        Token(self.0.next_u64() >> 16)
    }
}

/// Twelve hexadecimal digits. Texts show it as `ord-`, `req-`, `ses-` or `msg-` and the digits; a replay
/// finds it by that shape and changes the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) u64);

impl Token {
    pub(crate) const PREFIXES: [&'static [u8; 4]; 4] = [b"ord-", b"req-", b"ses-", b"msg-"];
    pub(crate) const DIGITS: usize = 12;
}

impl std::fmt::Display for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:012x}", self.0)
    }
}
