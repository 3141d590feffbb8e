//! What nobody wants to hear for a while.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{Fault, Fields};
use super::matcher::Matcher;
use crate::instant;
use crate::wire;

pub const SILENCES_MAX: usize = 10_000;
const LONGEST: i64 = 366 * Nanos::DAY;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// All must fit.
    pub matchers: Vec<Matcher>,
    #[serde(with = "wire::nanos")]
    pub starts_at: Nanos,
    #[serde(with = "wire::nanos")]
    pub ends_at: Nanos,
    pub comment: String,
    pub created_by: String,
}

const KEYS: [&str; 9] = [
    "matchers",
    "starts_at",
    "ends_at",
    "comment",
    "created_by",
    "id",
    "version",
    "created_at",
    "updated_at",
];

impl Silence {
    pub fn read(value: &Value, now: Nanos) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, "", &KEYS).map_err(|fault| vec![fault])?;
        let matchers = fields.list("matchers", Matcher::read).unwrap_or_default();
        let says_something = |one: &Matcher| !one.value.is_empty();
        if !matchers.iter().any(says_something) && fields.faults.is_empty() {
            fields.fault("matchers", "this would silence everything", "name at least one label with a value");
        }
        let starts_at = read_instant(&mut fields, "starts_at", now).unwrap_or(now);
        let ends_at = read_instant(&mut fields, "ends_at", now);
        if ends_at.is_none() && fields.faults.is_empty() {
            fields.fault("ends_at", "a silence has an end", "such as 2026-01-31T12:00:00Z");
        }
        let ends_at = ends_at.unwrap_or(now);
        if fields.faults.is_empty() && ends_at <= starts_at {
            fields.fault("ends_at", "it ends before it starts", "give a later moment");
        }
        if fields.faults.is_empty() && ends_at.0.saturating_sub(starts_at.0) > LONGEST {
            fields.fault("ends_at", "it is longer than a year", "switch the rule off instead");
        }
        let comment = fields.needed("comment");
        let created_by = fields.text("created_by").unwrap_or_else(|| "admin".into());
        fields.done(Self { matchers, starts_at, ends_at, comment, created_by })
    }

    pub fn is_active(&self, now: Nanos) -> bool {
        self.starts_at <= now && now < self.ends_at
    }
}

pub(crate) fn read_instant(fields: &mut Fields<'_>, key: &str, now: Nanos) -> Option<Nanos> {
    let text = fields.text(key)?;
    match instant::parse(&text, now) {
        Ok(at) => Some(at),
        Err(error) => {
            fields.fault(key, error.detail, instant::BadInstant::HINT);
            None
        }
    }
}
