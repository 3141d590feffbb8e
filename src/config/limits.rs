//! How much one request, one query and all of them together may take: `[limits]`.
//!
//! What is unset or `auto` is the default, or less where this machine or another limit leaves less. What is set
//! is taken as it is, or refused where it could never hold.

use std::fmt;
use std::time::Duration;

use anyhow::bail;
use daymark_model::limits::{IntakeLimits, MIB, QueryLimits, REQUEST_BYTES_MAX};
use serde::Deserialize;

use super::amount::{self, Written, size_text, time_text};
use crate::memory::Shares;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    request_sent: Option<Written>,
    request_decompressed: Option<Written>,
    ratio: Option<Written>,
    ratio_from: Option<Written>,
    in_flight: Option<Written>,
    connections: Option<Written>,
    connections_per_peer: Option<Written>,
    wait: Option<Written>,
    header_read: Option<Written>,
    body_idle: Option<Written>,
    keep_alive_idle: Option<Written>,
    flush: Option<Written>,
    flush_after: Option<Written>,
    buffers: Option<Written>,
    series: Option<Written>,
    query_time: Option<Written>,
    query_time_streamed: Option<Written>,
    query_memory: Option<Written>,
    queries_memory: Option<Written>,
    query_rows: Option<Written>,
    query_rows_streamed: Option<Written>,
    query_scanned: Option<Written>,
    queries: Option<Written>,
    trace_spans: Option<Written>,
}

/// What holds in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) intake: IntakeLimits,
    pub(crate) flush_bytes: usize,
    pub(crate) flush_after: Duration,
    pub(crate) buffers_bytes: usize,
    pub(crate) series: usize,
    pub(crate) query: QueryLimits,
}

impl Section {
    pub(super) fn over(&self, machine: &Shares) -> anyhow::Result<Limits> {
        let intake = self.intake(machine)?;
        let buffers_bytes = size("buffers", self.buffers.as_ref())?.unwrap_or(machine.buffers);
        let flush_bytes = size("flush", self.flush.as_ref())?;
        let limits = Limits {
            // What comes in while the full buffers are written needs room too.
            flush_bytes: flush_bytes.unwrap_or(machine.flush.min(buffers_bytes.div_ceil(2))),
            flush_after: time("flush_after", self.flush_after.as_ref(), daymark_model::limits::FLUSH_AFTER)?,
            buffers_bytes,
            series: number("series", self.series.as_ref(), daymark_model::limits::ACTIVE_SERIES)?,
            query: self.query(machine)?,
            intake,
        };
        limits.refuse_impossible(machine.available)?;
        Ok(limits)
    }

    fn intake(&self, machine: &Shares) -> anyhow::Result<IntakeLimits> {
        let default = IntakeLimits::default();
        let in_flight_bytes = size("in_flight", self.in_flight.as_ref())?.unwrap_or(machine.requests);
        let request = |key, written: &Option<Written>, default: usize| {
            let bytes = size(key, written.as_ref())?;
            anyhow::Ok(bytes.unwrap_or(default.min(in_flight_bytes)))
        };
        Ok(IntakeLimits {
            request_wire_bytes: request("request_sent", &self.request_sent, default.request_wire_bytes)?,
            request_raw_bytes: request(
                "request_decompressed",
                &self.request_decompressed,
                default.request_raw_bytes,
            )?,
            ratio_max: number("ratio", self.ratio.as_ref(), default.ratio_max)?,
            ratio_from_bytes: size("ratio_from", self.ratio_from.as_ref())?
                .unwrap_or(default.ratio_from_bytes),
            in_flight_bytes,
            connections: number("connections", self.connections.as_ref(), default.connections)?,
            connections_per_peer: number(
                "connections_per_peer",
                self.connections_per_peer.as_ref(),
                default.connections_per_peer,
            )?,
            wait: time("wait", self.wait.as_ref(), default.wait)?,
            header_read: time("header_read", self.header_read.as_ref(), default.header_read)?,
            body_idle: time("body_idle", self.body_idle.as_ref(), default.body_idle)?,
            keep_alive_idle: time("keep_alive_idle", self.keep_alive_idle.as_ref(), default.keep_alive_idle)?,
        })
    }

    fn query(&self, machine: &Shares) -> anyhow::Result<QueryLimits> {
        let default = QueryLimits::default();
        let pool_bytes = size("queries_memory", self.queries_memory.as_ref())?.unwrap_or(machine.queries);
        let memory_bytes = size("query_memory", self.query_memory.as_ref())?;
        let scanned_bytes = amount::size("limits.query_scanned", self.query_scanned.as_ref())?;
        let streamed = self.query_rows_streamed.as_ref();
        Ok(QueryLimits {
            wall: time("query_time", self.query_time.as_ref(), default.wall)?,
            wall_streamed: time(
                "query_time_streamed",
                self.query_time_streamed.as_ref(),
                default.wall_streamed,
            )?,
            memory_bytes: memory_bytes.unwrap_or(machine.query.min(pool_bytes)),
            pool_bytes,
            rows: number("query_rows", self.query_rows.as_ref(), default.rows)?,
            rows_streamed: number("query_rows_streamed", streamed, default.rows_streamed)?,
            scanned_bytes: scanned_bytes.unwrap_or(default.scanned_bytes),
            concurrency: number("queries", self.queries.as_ref(), default.concurrency)?,
            trace_spans: number("trace_spans", self.trace_spans.as_ref(), default.trace_spans)?,
        })
    }
}

fn size(key: &str, written: Option<&Written>) -> anyhow::Result<Option<usize>> {
    let bytes = amount::size(&format!("limits.{key}"), written)?;
    Ok(bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)))
}

fn time(key: &str, written: Option<&Written>, default: Duration) -> anyhow::Result<Duration> {
    Ok(amount::time(&format!("limits.{key}"), written)?.unwrap_or(default))
}

fn number(key: &str, written: Option<&Written>, default: usize) -> anyhow::Result<usize> {
    Ok(amount::number(&format!("limits.{key}"), written)?.unwrap_or(default))
}

impl Limits {
    /// `available` is the memory of this machine or container, where it is known.
    fn refuse_impossible(&self, available: Option<usize>) -> anyhow::Result<()> {
        let (intake, query) = (&self.intake, &self.query);
        let [sent, raw] = [intake.request_wire_bytes, intake.request_raw_bytes];
        let [request_sent, request_raw] = ["request_sent", "request_decompressed"];
        let in_flight = ("limits.in_flight", intake.in_flight_bytes);
        let of_all = ("limits.queries_memory", query.pool_bytes);
        let buffers = ("limits.buffers", self.buffers_bytes);
        let most = ("what one record of the log may hold,", REQUEST_BYTES_MAX);
        let no_room = "such a request would never find room";
        let pairs = [
            (request_sent, sent, most, "such a request could not be stored"),
            (request_raw, raw, most, "such a request could not be stored"),
            (request_sent, sent, in_flight, no_room),
            (request_raw, raw, in_flight, no_room),
            ("flush", self.flush_bytes, buffers, "the intake would wait before anything is flushed"),
            ("query_memory", query.memory_bytes, of_all, "no query could have it"),
        ];
        for (key, bytes, (bound, most), why) in pairs {
            if bytes > most {
                let [bytes, most] = [bytes, most].map(|bytes| size_text(bytes as u64));
                bail!(
                    "limits.{key} = {bytes} is more than {bound} = {most}: {why}; lower the one or raise the other"
                );
            }
        }
        let parts = [in_flight, buffers, of_all];
        let together = parts.iter().fold(0, |sum: usize, (_, bytes)| sum.saturating_add(*bytes));
        if let Some(available) = available.filter(|available| together > *available) {
            let parts = parts.map(|(key, bytes)| format!("{key} = {}", size_text(bytes as u64)));
            let [together, available] = [together, available].map(|bytes| format!("{}MiB", bytes / MIB));
            bail!(
                "{} are {together} together, and this machine or its container has {available}: the kernel \
                 would end the process; lower one of them",
                parts.join(", ")
            );
        }
        Ok(())
    }
}

/// As the section of a settings file that says the same.
impl fmt::Display for Limits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (intake, query) = (&self.intake, &self.query);
        let size = |bytes: usize| format!("\"{}\"", size_text(bytes as u64));
        let time = |time| format!("\"{}\"", time_text(time));
        let lines = [
            ("request_sent", size(intake.request_wire_bytes)),
            ("request_decompressed", size(intake.request_raw_bytes)),
            ("ratio", intake.ratio_max.to_string()),
            ("ratio_from", size(intake.ratio_from_bytes)),
            ("in_flight", size(intake.in_flight_bytes)),
            ("connections", intake.connections.to_string()),
            ("connections_per_peer", intake.connections_per_peer.to_string()),
            ("wait", time(intake.wait)),
            ("header_read", time(intake.header_read)),
            ("body_idle", time(intake.body_idle)),
            ("keep_alive_idle", time(intake.keep_alive_idle)),
            ("flush", size(self.flush_bytes)),
            ("flush_after", time(self.flush_after)),
            ("buffers", size(self.buffers_bytes)),
            ("series", self.series.to_string()),
            ("query_time", time(query.wall)),
            ("query_time_streamed", time(query.wall_streamed)),
            ("query_memory", size(query.memory_bytes)),
            ("queries_memory", size(query.pool_bytes)),
            ("query_rows", query.rows.to_string()),
            ("query_rows_streamed", query.rows_streamed.to_string()),
            ("query_scanned", format!("\"{}\"", size_text(query.scanned_bytes))),
            ("queries", query.concurrency.to_string()),
            ("trace_spans", query.trace_spans.to_string()),
        ];
        writeln!(out, "[limits]")?;
        lines.iter().try_for_each(|(key, value)| writeln!(out, "{key} = {value}"))
    }
}

#[cfg(test)]
mod tests;
