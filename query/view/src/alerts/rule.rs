//! What is watched, and when it is bad.

use std::collections::BTreeMap;

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Labels;
use super::fields::{Fault, Fields};
use super::matcher::Matcher;
use super::signal::{BUCKET_NS, Signal};
use crate::duration::exact;

pub const NAME_BYTES: usize = 256;
/// Rules of a tenant, and groups of one rule.
pub const RULES_MAX: usize = 10_000;
pub const GROUPS_MAX: usize = 1_000;
/// A window that is read for every evaluation is no longer than this.
const WINDOW_MAX: i64 = 7 * Nanos::DAY;
/// Windows of one evaluation are read anew each time: their length stays below so many steps.
const OVERLAP_MAX: i64 = 10_000;
const FOR_MAX: i64 = 7 * Nanos::DAY;
/// Labels that are ours.
const RESERVED: [&str; 2] = ["alertname", "severity"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

pub const SEVERITIES: [(&str, Severity); 3] =
    [("critical", Severity::Critical), ("warning", Severity::Warning), ("info", Severity::Info)];

impl Severity {
    pub fn name(self) -> &'static str {
        SEVERITIES.iter().find(|(_, severity)| *severity == self).map_or("", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = "==")]
    Is,
    #[serde(rename = "!=")]
    IsNot,
}

pub const OPS: [(&str, Op); 6] = [
    (">", Op::Above),
    (">=", Op::AtLeast),
    ("<", Op::Below),
    ("<=", Op::AtMost),
    ("==", Op::Is),
    ("!=", Op::IsNot),
];

impl Op {
    pub fn sign(self) -> &'static str {
        OPS.iter().find(|(_, op)| *op == self).map_or("", |(sign, _)| sign)
    }

    #[expect(clippy::float_cmp, reason = "a rule that asks for a number means that number")]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
            Self::Is => value == threshold,
            Self::IsNot => value != threshold,
        }
    }

    /// Whether little is bad.
    pub fn is_downward(self) -> bool {
        matches!(self, Self::Below | Self::AtMost)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    pub op: Op,
    pub threshold: f64,
}

/// What it means that nothing comes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoData {
    pub after_ns: i64,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The state is `no_data`, which is told like one that fires.
    Alert,
    Ok,
    /// As it was.
    Keep,
}

/// An earlier window that the value is set against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compare {
    /// How much earlier.
    pub offset_ns: i64,
    pub how: How,
    /// A ratio counts only where the two differ by at least this.
    pub least: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Ratio,
    Difference,
}

/// Who is told, where labels fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    pub matchers: Vec<Matcher>,
    pub channels: Vec<String>,
}

impl Route {
    pub fn read(value: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, at, &["matchers", "channels"]).map_err(|fault| vec![fault])?;
        let matchers = fields.list("matchers", Matcher::read).unwrap_or_default();
        let channels = fields.texts("channels").unwrap_or_default();
        if channels.is_empty() && fields.faults.is_empty() {
            fields.fault("channels", "the route leads nowhere", "the id or the name of a channel");
        }
        fields.done(Self { matchers, channels })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub enabled: bool,
    pub severity: Severity,
    pub signal: Signal,
    pub window_ns: i64,
    pub condition: Condition,
    /// How long it must be bad before it fires.
    pub for_ns: i64,
    pub every_ns: i64,
    /// How long what happened may take to come in.
    pub delay_ns: i64,
    /// What is counted less often is not judged.
    pub min_count: u64,
    pub no_data: Option<NoData>,
    /// How long it fires on after it was bad for the last time.
    pub keep_firing_ns: i64,
    /// What must be reached before it stops firing.
    pub recover: Option<f64>,
    pub compare: Option<Compare>,
    pub labels: Labels,
    /// Texts, in which `{{value}}` and its like stand for what was found.
    pub annotations: BTreeMap<String, String>,
    pub channels: Vec<String>,
    pub routes: Vec<Route>,
}

/// What a rule may have, and what comes with it when it is read.
const KEYS: [&str; 27] = [
    "name",
    "enabled",
    "severity",
    "signal",
    "window",
    "condition",
    "for",
    "every",
    "delay",
    "min_count",
    "no_data",
    "keep_firing",
    "recover",
    "compare",
    "labels",
    "annotations",
    "channels",
    "routes",
    "id",
    "version",
    "origin",
    "file",
    "line",
    "updated_by",
    "created_at",
    "updated_at",
    "error",
];

impl Rule {
    /// The unit of what is compared with the threshold.
    pub fn unit(&self) -> &'static str {
        if self.compare.is_some() { "" } else { self.signal.unit() }
    }

    /// Reads a rule, or tells everything that is wrong with it.
    pub fn read(value: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, at, &KEYS).map_err(|fault| vec![fault])?;
        let name = fields.needed("name");
        if name.len() > NAME_BYTES {
            fields.fault("name", format!("it is longer than {NAME_BYTES} bytes"), "shorten it");
        }
        let missing = Value::Null;
        let nested = fields.get("signal").unwrap_or(&missing);
        let signal = Signal::read(nested, &fields.place("signal"));
        let signal = fields.checked(signal);
        let condition = condition(fields.get("condition"), &fields.place("condition"), signal.as_ref());
        let condition = fields.checked(condition).unwrap_or(Condition { op: Op::Above, threshold: 0.0 });
        let no_data = fields.get("no_data").map(|value| no_data(value, &fields.place("no_data")));
        let no_data = no_data.and_then(|read| fields.checked(read));
        let compare = fields.get("compare").map(|value| compare(value, &fields.place("compare")));
        let compare = compare.and_then(|read| fields.checked(read));
        let is_summed = signal.as_ref().is_some_and(Signal::is_summed);
        let signal = signal.unwrap_or(Signal::Sql { query: String::new() });
        let longest = signal.windows(0).into_iter().max().unwrap_or_default();
        let rule = Self {
            name,
            enabled: fields.flag("enabled").unwrap_or(true),
            severity: fields.word("severity", &SEVERITIES).unwrap_or(Severity::Warning),
            window_ns: fields.duration("window").unwrap_or_else(|| longest.max(5 * Nanos::MINUTE)),
            signal,
            condition,
            for_ns: fields.duration("for").unwrap_or_default(),
            every_ns: fields.duration("every").unwrap_or(Nanos::MINUTE),
            delay_ns: fields.duration("delay").unwrap_or(10 * Nanos::SECOND),
            min_count: fields.count("min_count").unwrap_or_default(),
            no_data,
            keep_firing_ns: fields.duration("keep_firing").unwrap_or_default(),
            recover: fields.number("recover"),
            compare,
            labels: fields.text_map("labels"),
            annotations: fields.text_map("annotations"),
            channels: fields.texts("channels").unwrap_or_default(),
            routes: fields.list("routes", Route::read).unwrap_or_default(),
        };
        rule.check(&mut fields, is_summed);
        fields.done(rule)
    }

    /// What can be read and yet never work.
    fn check(&self, fields: &mut Fields<'_>, is_summed: bool) {
        let every = self.every_ns;
        if !(Nanos::SECOND..=Nanos::DAY).contains(&every) {
            fields.fault("every", format!("{} is not between 1s and 1d", exact(every)), "such as 60s");
        }
        let parts = [("window", self.window_ns), ("every", every), ("delay", self.delay_ns)];
        if let Some((key, _)) = parts.iter().find(|(_, ns)| is_summed && ns % BUCKET_NS != 0) {
            let detail = "window, every and delay of figures over spans are multiples of 10s";
            fields.fault(key, detail, "their sums are kept by 10 seconds");
        }
        if !(Nanos::SECOND..=WINDOW_MAX).contains(&self.window_ns) {
            let detail = format!("{} is not between 1s and 7d", exact(self.window_ns));
            fields.fault("window", detail, "such as 5m");
        } else if self.window_ns / every.max(1) > OVERLAP_MAX {
            let detail =
                format!("a window of {} every {} costs too much", exact(self.window_ns), exact(every));
            fields.fault("every", detail, "ask less often, or for a shorter window");
        }
        if self.for_ns > FOR_MAX || self.keep_firing_ns > FOR_MAX {
            fields.fault("for", "waiting longer than 7d tells nobody in time", "such as 5m");
        }
        if self.delay_ns > Nanos::HOUR {
            fields.fault("delay", format!("{} is more than 1h", exact(self.delay_ns)), "such as 10s");
        }
        self.check_condition(fields);
        for key in self.labels.keys().filter(|key| RESERVED.contains(&key.as_str())) {
            let pointer = super::fields::below(&fields.place("labels"), key);
            fields
                .faults
                .push(Fault::new(pointer, format!("\"{key}\" is set by Daymark")).hint("name it otherwise"));
        }
    }

    fn check_condition(&self, fields: &mut Fields<'_>) {
        let Condition { op, threshold } = self.condition;
        let is_share = self.signal.unit() == "ratio" && self.compare.is_none();
        let cannot_be = match op {
            Op::Above => is_share && threshold >= 1.0,
            Op::AtLeast | Op::Is => is_share && threshold > 1.0,
            Op::Below => {
                self.compare.is_none() && self.signal.kind() != "sql" && !self.is_metric() && threshold <= 0.0
            }
            Op::AtMost => {
                self.compare.is_none() && self.signal.kind() != "sql" && !self.is_metric() && threshold < 0.0
            }
            Op::IsNot => false,
        };
        if cannot_be {
            let hint = match is_share && threshold > 1.0 {
                true => format!("it is a share between 0 and 1: {} %% is {}", threshold, threshold / 100.0)
                    .replace("%%", "%"),
                false => "no value can be so".to_owned(),
            };
            let detail = format!("nothing is ever {} {threshold}", op.sign());
            let pointer = format!("{}/threshold", fields.place("condition"));
            fields.faults.push(Fault::new(pointer, detail).hint(hint));
        }
        let Some(recover) = self.recover else { return };
        let is_outside = match op {
            Op::Above | Op::AtLeast => recover <= threshold,
            Op::Below | Op::AtMost => recover >= threshold,
            Op::Is | Op::IsNot => false,
        };
        if !is_outside {
            let detail = format!("{recover} is not on the good side of {threshold}");
            fields.fault("recover", detail, "what must be reached before it stops firing");
        }
    }

    fn is_metric(&self) -> bool {
        matches!(self.signal, Signal::Metric(_))
    }

    /// As it is written.
    pub fn to_value(&self) -> Value {
        let mut rule = json!({
            "name": self.name,
            "enabled": self.enabled,
            "severity": self.severity,
            "signal": self.signal,
            "window": exact(self.window_ns),
            "condition": {"op": self.condition.op, "threshold": self.condition.threshold},
            "for": exact(self.for_ns),
            "every": exact(self.every_ns),
            "delay": exact(self.delay_ns),
            "min_count": self.min_count,
            "keep_firing": exact(self.keep_firing_ns),
            "labels": self.labels,
            "annotations": self.annotations,
            "channels": self.channels,
            "routes": self.routes,
        });
        let Value::Object(map) = &mut rule else { return rule };
        if let Some(NoData { after_ns, then }) = self.no_data {
            let then = THEN.iter().find(|(_, known)| *known == then).map_or("", |(word, _)| word);
            map.insert("no_data".into(), json!({"after": exact(after_ns), "then": then}));
        }
        if let Some(recover) = self.recover {
            map.insert("recover".into(), json!(recover));
        }
        if let Some(Compare { offset_ns, how, least }) = self.compare {
            let how = if how == How::Ratio { "ratio" } else { "difference" };
            let offset = format!("-{}", exact(offset_ns));
            map.insert("compare".into(), json!({"offset": offset, "as": how, "least": least}));
        }
        rule
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(out)
    }
}

fn condition(value: Option<&Value>, at: &str, signal: Option<&Signal>) -> Result<Condition, Vec<Fault>> {
    let usual = match signal {
        // Rows that are there are bad; a budget that is spent as fast as its factor says is, too.
        Some(Signal::Sql { .. }) => Some(Condition { op: Op::IsNot, threshold: 0.0 }),
        Some(Signal::State { .. }) => Some(Condition { op: Op::Above, threshold: 0.0 }),
        Some(Signal::BurnRate { .. }) => Some(Condition { op: Op::AtLeast, threshold: 1.0 }),
        _ => None,
    };
    if let (None, Some(usual)) = (value, usual) {
        return Ok(usual);
    }
    let empty = Value::Object(Map::new());
    let mut fields =
        Fields::of(value.unwrap_or(&empty), at, &["op", "threshold"]).map_err(|fault| vec![fault])?;
    let op = fields.needed_word("op", &OPS, Op::Above);
    let threshold = fields.needed_number("threshold");
    fields.done(Condition { op, threshold })
}

const THEN: [(&str, Then); 3] = [("alert", Then::Alert), ("ok", Then::Ok), ("keep", Then::Keep)];

fn no_data(value: &Value, at: &str) -> Result<NoData, Vec<Fault>> {
    let mut fields = Fields::of(value, at, &["after", "then"]).map_err(|fault| vec![fault])?;
    let after_ns = fields.duration("after").unwrap_or(10 * Nanos::MINUTE);
    let then = fields.word("then", &THEN).unwrap_or(Then::Alert);
    fields.done(NoData { after_ns, then })
}

fn compare(value: &Value, at: &str) -> Result<Compare, Vec<Fault>> {
    let mut fields = Fields::of(value, at, &["offset", "as", "least"]).map_err(|fault| vec![fault])?;
    let text = fields.needed("offset");
    let offset_ns = text.strip_prefix('-').and_then(|text| crate::duration::parse(text).ok());
    let whole = offset_ns.filter(|ns| *ns > 0 && ns % BUCKET_NS == 0 && *ns <= 400 * Nanos::DAY);
    if whole.is_none() && fields.faults.is_empty() {
        let detail = format!("\"{text}\" is not an earlier moment in whole 10 seconds");
        fields.fault("offset", detail, "such as -1h or -1d");
    }
    let hows = [("ratio", How::Ratio), ("difference", How::Difference)];
    let how = fields.word("as", &hows).unwrap_or(How::Ratio);
    let least = fields.number("least").unwrap_or_default();
    fields.done(Compare { offset_ns: whole.unwrap_or(Nanos::HOUR), how, least })
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Api,
    File,
    /// Comes with Daymark.
    Default,
}

/// A rule with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownRule {
    pub id: String,
    pub version: u64,
    pub origin: Origin,
    pub file: Option<String>,
    pub line: Option<usize>,
    pub created_at: Nanos,
    pub updated_at: Nanos,
    pub rule: Rule,
}

impl Serialize for KnownRule {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let Value::Object(mut all) = self.rule.to_value() else { return Value::Null.serialize(out) };
        all.insert("id".into(), json!(self.id));
        all.insert("version".into(), json!(self.version));
        all.insert("origin".into(), json!(self.origin));
        all.insert("file".into(), json!(self.file));
        all.insert("line".into(), json!(self.line));
        all.insert("created_at".into(), json!(self.created_at.to_string()));
        all.insert("updated_at".into(), json!(self.updated_at.to_string()));
        all.serialize(out)
    }
}
