//! How long things are kept and how much of the disk they may take: `[retention]` and `[disk]`.

use std::time::Duration;

use anyhow::bail;
use daymark_storage::disk::DiskLimits;
use daymark_storage::retain::Keep;
use daymark_storage::streams::Stream;
use daymark_view::duration::{self, BadDuration};
use serde::Deserialize;

use super::amount::{self, Written};

/// Ages by signal, such as `14d`, or `forever`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Retention {
    spans: Option<String>,
    logs: Option<String>,
    metrics: Option<String>,
    sums_minutes: Option<String>,
    sums_hours: Option<String>,
    erased: Option<String>,
}

/// Sizes such as `200GiB`, or `auto`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Disk {
    budget: Option<Written>,
    keep_free: Option<Written>,
}

impl Retention {
    pub(super) fn keep(&self, streams: Vec<Stream>) -> anyhow::Result<Keep> {
        let default = Keep::default();
        Ok(Keep {
            spans: age("retention.spans", self.spans.as_deref(), default.spans)?,
            logs: age("retention.logs", self.logs.as_deref(), default.logs)?,
            metrics: age("retention.metrics", self.metrics.as_deref(), default.metrics)?,
            sums_minutes: age("retention.sums_minutes", self.sums_minutes.as_deref(), default.sums_minutes)?,
            sums_hours: age("retention.sums_hours", self.sums_hours.as_deref(), default.sums_hours)?,
            // Whoever erases wants it gone some day, so there is no "forever".
            erased: match &self.erased {
                Some(text) => parsed("retention.erased", text, "")?,
                None => default.erased,
            },
            streams,
        })
    }
}

impl Disk {
    pub(super) fn limits(&self) -> anyhow::Result<DiskLimits> {
        Ok(DiskLimits {
            budget: amount::size("disk.budget", self.budget.as_ref())?,
            keep_free: amount::size("disk.keep_free", self.keep_free.as_ref())?,
        })
    }
}

pub(super) fn age(
    key: &str,
    text: Option<&str>,
    default: Option<Duration>,
) -> anyhow::Result<Option<Duration>> {
    match text {
        Some("forever") => Ok(None),
        Some(text) => parsed(key, text, ", or forever").map(Some),
        None => Ok(default),
    }
}

fn parsed(key: &str, text: &str, or: &str) -> anyhow::Result<Duration> {
    match duration::parse(text).map(u64::try_from) {
        Ok(Ok(nanos)) if nanos > 0 => Ok(Duration::from_nanos(nanos)),
        _ => bail!("{key} = \"{text}\" is no age; write it as 14d or 36h{or} ({})", BadDuration::HINT),
    }
}
