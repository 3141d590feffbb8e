//! Labels that must fit: in silences, routes and inhibitions, as Prometheus writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Labels;
use super::fields::{Fault, Fields};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MatchOp {
    #[serde(rename = "=")]
    Is,
    #[serde(rename = "!=")]
    IsNot,
    #[serde(rename = "~")]
    Matches,
    #[serde(rename = "!~")]
    MatchesNot,
}

const OPS: [(&str, MatchOp); 4] =
    [("=", MatchOp::Is), ("!=", MatchOp::IsNot), ("~", MatchOp::Matches), ("!~", MatchOp::MatchesNot)];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    pub label: String,
    pub op: MatchOp,
    pub value: String,
}

impl Matcher {
    pub const KEYS: [&str; 3] = ["label", "op", "value"];

    pub fn read(value: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, at, &Self::KEYS).map_err(|fault| vec![fault])?;
        let label = fields.needed("label");
        let op = fields.word("op", &OPS).unwrap_or(MatchOp::Is);
        let value = fields.text("value").unwrap_or_default();
        fields.done(Self { label, op, value })
    }

    pub fn is_expression(&self) -> bool {
        matches!(self.op, MatchOp::Matches | MatchOp::MatchesNot)
    }

    /// Whether the labels fit; `is_match` says whether an expression matches the whole of a text. A label that
    /// is not there is empty.
    pub fn fits(&self, labels: &Labels, is_match: impl Fn(&str, &str) -> bool) -> bool {
        let value = labels.get(&self.label).map_or("", String::as_str);
        match self.op {
            MatchOp::Is => value == self.value,
            MatchOp::IsNot => value != self.value,
            MatchOp::Matches => is_match(&self.value, value),
            MatchOp::MatchesNot => !is_match(&self.value, value),
        }
    }
}
