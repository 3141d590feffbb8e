//! Rules that come with Daymark.

use daymark_model::time::Nanos;
use daymark_view::alerts::rule::{KnownRule, Origin};

use crate::files::read_rules;

const DEFAULTS: &str = include_str!("defaults.yaml");

/// They hold until somebody writes a rule under the id of one.
pub fn rules() -> Vec<KnownRule> {
    read_rules("defaults.yaml", DEFAULTS, Origin::Default, Nanos(0)).rules
}
