//! The tables of alerts: how it stands and stood, and every change.

use super::{Column, PublicTable, Type, stored};

const RULE_ID: Column = stored("rule_id", Type::Text, "id of the rule");
const RULE: Column = stored("rule", Type::Dict, "its name");
const LABELS: Column =
    stored("labels", Type::Json, "labels of the group, of the rule, alertname and severity");
const FINGERPRINT: Column = stored("fingerprint", Type::Text, "the name of the group that never changes");

pub const ALERTS: PublicTable = PublicTable {
    name: "alerts",
    comment: "The states that groups of rules are and were in; those that are ok are not there.",
    rows: None,
    parts: &[&[
        stored("observed_at", Type::Time, "when it was written"),
        stored("valid_from", Type::Time, "since when it has been in this state"),
        stored("valid_to", Type::Time, "until when; null while it lasts").or_null(),
        stored("source", Type::Text, "daymark"),
        stored("source_age_ms", Type::I64, "0"),
        RULE_ID,
        RULE,
        stored("severity", Type::Dict, "critical, warning, info"),
        stored("state", Type::Dict, "pending, firing, no_data, error"),
        LABELS,
        FINGERPRINT,
        stored("value", Type::F64, "what was found when it was written").or_null(),
        stored("threshold", Type::F64, "what it was held against").or_null(),
        stored("since", Type::Time, "since when it has been bad").or_null(),
        stored("acknowledged_by", Type::Text, "who has seen it").or_null(),
        stored("silenced", Type::Bool, "nobody was told"),
    ]],
};

pub const ALERT_EVENTS: PublicTable = PublicTable {
    name: "alert_events",
    comment: "Every change of a state, and what became of telling it.",
    rows: None,
    parts: &[&[
        stored("at", Type::Time, "the evaluation that changed it"),
        RULE_ID,
        RULE,
        FINGERPRINT,
        LABELS,
        stored("from_state", Type::Dict, "ok, pending, firing, no_data, error"),
        stored("to_state", Type::Dict, "ok, pending, firing, no_data, error"),
        stored("value", Type::F64, "what was found").or_null(),
        stored("threshold", Type::F64, "what it was held against").or_null(),
        stored(
            "delivery",
            Type::Dict,
            "pending, delivered, undelivered, silenced, inhibited; null: nobody is told",
        )
        .or_null(),
        stored("attempts", Type::U32, "attempts to tell, over all channels"),
        stored("error", Type::Text, "of the last attempt that failed, or of the rule").or_null(),
    ]],
};
