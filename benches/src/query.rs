//! How long questions take on a settled store, asked one after another over one connection. Each answer is
//! compared with the truth; a wrong one ends the measurement of its question.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use clap::Args;
use daymark_model::time::Clock;
use daymark_workload::{Signal, TraceTruth};

use crate::api::Api;
use crate::calls::CALLS;
use crate::figure::Report;
use crate::load::{Drive, Load};
use crate::samples::Samples;
use crate::setting::{Setting, Shape, add_quantiles};

#[derive(Args, Clone, Debug)]
pub struct Query {
    #[command(flatten)]
    pub shape: Shape,
    /// How often each question is asked
    #[arg(long, default_value_t = 100)]
    pub runs: usize,
}

/// A trace as it was sent in one of the passes.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    order: String,
    truth: TraceTruth,
}

/// A question in SQL and how many rows, or which count, must come back.
struct Question {
    name: &'static str,
    sql: Vec<String>,
    expected: Vec<Expected>,
}

#[derive(Clone, Copy)]
enum Expected {
    Rows(usize),
    Count(u64),
}

impl Query {
    pub async fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let mut report = setting.report("query");
        let load = setting.load(&self.shape);
        let rig = setting.rig().await?;
        let sender = rig.sender(&self.shape).await?;
        let drive = Drive { senders: self.shape.senders, rate: None, until_lost: false };
        let sent = load.run(&sender, drive, &rig.clock).await?;
        let api = rig.place.api();
        match api.settle().await {
            Ok(()) => report.add("asked over", sent.items as f64, self.shape.signals.item(), "settled")?,
            Err(error) => report.missing("settled", &error)?,
        }
        self.traces(&api, &load, rig.clock.as_ref(), &mut report).await?;
        let questions = std::iter::once(newest(&api).await?).chain(self.questions(&load));
        for question in questions {
            let name = question.name;
            match question.ask(&api, rig.clock.as_ref(), self.runs).await {
                Ok(samples) => add_quantiles(&mut report, name, &samples, &[0.5, 0.95], "SQL")?,
                Err(error) => report.missing(name, &error)?,
            }
        }
        for call in &CALLS {
            match call.ask(&api, rig.clock.as_ref(), self.runs).await {
                Ok(samples) => add_quantiles(&mut report, call.name, &samples, &[0.5, 0.95], "call")?,
                Err(error) => report.missing(call.name, &error)?,
            }
        }
        rig.server.kill()?;
        Ok(report)
    }

    async fn traces(
        &self,
        api: &Api,
        load: &Load,
        clock: &dyn Clock,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        for (name, spans) in [("trace of 15 spans", 15..=15), ("trace of about 100 spans", 85..=115)] {
            let known = known(load, |trace| spans.contains(&trace.spans));
            match by_id(api, clock, &known, self.runs).await {
                Ok(samples) => {
                    add_quantiles(report, name, &samples, &[0.5, 0.95], &format!("{} traces", known.len()))?;
                }
                Err(error) => report.missing(name, &error)?,
            }
        }
        match missed(api, clock, self.runs).await {
            Ok(samples) => add_quantiles(report, "trace that never was", &samples, &[0.5, 0.95], "")?,
            Err(error) => report.missing("trace that never was", &error)?,
        }
        if load.signals.contains(&Signal::Logs) {
            let known = known(load, |trace| (4..=12).contains(&trace.lines));
            match lines_of(api, clock, &known, self.runs).await {
                Ok(samples) => add_quantiles(report, "lines of a trace", &samples, &[0.5, 0.95], "")?,
                Err(error) => report.missing("lines of a trace", &error)?,
            }
        }
        Ok(())
    }

    fn questions(&self, load: &Load) -> Vec<Question> {
        let mut questions = vec![rare(load), errors(), slowest()];
        if load.signals.contains(&Signal::Logs) {
            questions.extend([common_word(), order_in_logs(load)]);
        }
        questions
    }
}

/// The operations that are called most, which have more than enough spans.
async fn newest(api: &Api) -> anyhow::Result<Question> {
    let busiest = "SELECT service, name FROM spans WHERE kind = 'server' GROUP BY service, name \
                   HAVING count(*) >= 20 ORDER BY count(*) DESC LIMIT 8";
    let table = api.sql(busiest).await?;
    let sql = table.rows.iter().map(|row| {
        let cell = |number: usize| row[number].as_str().unwrap_or_default().replace('\'', "''");
        format!(
            "SELECT trace_id, span_id, start, duration_ns, status, attributes FROM spans \
             WHERE service = '{}' AND name = '{}' ORDER BY start DESC LIMIT 20",
            cell(0),
            cell(1)
        )
    });
    let sql: Vec<String> = sql.collect();
    let expected = vec![Expected::Rows(20); sql.len()];
    Ok(Question { name: "newest 20 of service and operation", sql, expected })
}

fn rare(load: &Load) -> Question {
    let mut orders = known(load, |trace| (1..=5).contains(&trace.order_spans));
    orders.truncate(50);
    let sql =
        |known: &Known| format!("SELECT count(*) FROM spans WHERE attr('app.order.id') = '{}'", known.order);
    Question {
        name: "rare attribute value",
        sql: orders.iter().map(sql).collect(),
        expected: orders.iter().map(|known| Expected::Count(u64::from(known.truth.order_spans))).collect(),
    }
}

fn errors() -> Question {
    let sql = "SELECT trace_id, name, start, status_message FROM spans WHERE service = 'gateway' \
               AND status = 'error' ORDER BY start DESC LIMIT 20";
    Question {
        name: "newest 20 errors of a service",
        sql: vec![sql.to_owned()],
        expected: vec![Expected::Rows(20)],
    }
}

fn slowest() -> Question {
    let sql = "SELECT name, sketch_quantile(sketch_merge(sketch), 0.99) AS p99 FROM red \
               WHERE service = 'gateway' AND entry GROUP BY name ORDER BY p99 DESC LIMIT 5";
    Question { name: "p99 by operation", sql: vec![sql.to_owned()], expected: vec![Expected::Rows(5)] }
}

fn common_word() -> Question {
    let sql =
        "SELECT time, service, body FROM logs WHERE matches(body, 'transaction') ORDER BY time DESC LIMIT 20";
    Question {
        name: "newest 20 lines with a common word",
        sql: vec![sql.to_owned()],
        expected: vec![Expected::Rows(20)],
    }
}

/// A number that stands in a few lines of millions.
fn order_in_logs(load: &Load) -> Question {
    let mentions = mentions(load);
    let mut orders = known(load, |trace| mentions.contains_key(&trace.order));
    orders.truncate(50);
    let sql = |known: &Known| format!("SELECT count(*) FROM logs WHERE matches(body, '{}')", known.order);
    Question {
        name: "rare number in lines",
        sql: orders.iter().map(sql).collect(),
        expected: orders.iter().map(|known| Expected::Count(mentions[&known.truth.order])).collect(),
    }
}

/// How many lines of a pass name an order; none names one twice.
fn mentions(load: &Load) -> HashMap<u64, u64> {
    let mut mentions = HashMap::new();
    for request in load.recording.requests(load.recording.pass(0), &[Signal::Logs]) {
        for number in request.body.windows(16).filter_map(|text| text.strip_prefix(b"ord-")) {
            let number =
                std::str::from_utf8(number).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
            if let Some(number) = number {
                *mentions.entry(number).or_default() += 1;
            }
        }
    }
    mentions
}

impl Question {
    async fn ask(&self, api: &Api, clock: &dyn Clock, runs: usize) -> anyhow::Result<Samples> {
        ensure!(!self.sql.is_empty(), "the load holds nothing to ask for");
        let mut samples = Samples::default();
        for run in 0..runs {
            let which = run % self.sql.len();
            let begun = clock.elapsed();
            let table = api.sql(&self.sql[which]).await?;
            samples.add(clock.elapsed() - begun);
            match self.expected[which] {
                Expected::Rows(rows) => {
                    ensure!(table.rows.len() == rows, "{} rows instead of {rows}", table.rows.len())
                }
                Expected::Count(count) => {
                    let got = table.number()?;
                    ensure!(got == count, "{}: {got} instead of {count}", self.sql[which]);
                }
            }
        }
        Ok(samples)
    }
}

async fn by_id(api: &Api, clock: &dyn Clock, known: &[Known], runs: usize) -> anyhow::Result<Samples> {
    ensure!(!known.is_empty(), "the load holds no such trace");
    let mut samples = Samples::default();
    for run in 0..runs {
        let wanted = &known[run % known.len()];
        let begun = clock.elapsed();
        let spans = api.trace(&wanted.id).await?;
        samples.add(clock.elapsed() - begun);
        let spans = spans.with_context(|| format!("trace {} is not known", wanted.id))?;
        ensure!(
            spans == wanted.truth.spans as usize,
            "{}: {spans} of {} spans",
            wanted.id,
            wanted.truth.spans
        );
    }
    Ok(samples)
}

async fn missed(api: &Api, clock: &dyn Clock, runs: usize) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for run in 0..runs as u128 {
        let id = format!(
            "{:032x}",
            0x5eed_0000_0000_0000_0000_0000_0000_0001 ^ (run.wrapping_mul(0x9e37_79b9_7f4a_7c15) << 17)
        );
        let begun = clock.elapsed();
        let found = api.trace(&id).await?;
        samples.add(clock.elapsed() - begun);
        ensure!(found.is_none(), "{id} was never sent, yet it has spans");
    }
    Ok(samples)
}

async fn lines_of(api: &Api, clock: &dyn Clock, known: &[Known], runs: usize) -> anyhow::Result<Samples> {
    ensure!(!known.is_empty(), "the load holds no such trace");
    let mut samples = Samples::default();
    for run in 0..runs {
        let wanted = &known[run % known.len()];
        let begun = clock.elapsed();
        let lines = api.trace_logs(&wanted.id).await?;
        samples.add(clock.elapsed() - begun);
        ensure!(
            lines == wanted.truth.lines as usize,
            "{}: {lines} of {} lines",
            wanted.id,
            wanted.truth.lines
        );
    }
    Ok(samples)
}

/// Traces of a kind, spread over all passes and over their whole length.
fn known(load: &Load, wanted: impl Fn(&TraceTruth) -> bool) -> Vec<Known> {
    const MOST: usize = 200;
    let chosen: Vec<&TraceTruth> = load.recording.roster().iter().filter(|trace| wanted(trace)).collect();
    let step = chosen.len().div_ceil(MOST).max(1);
    let spread = chosen.into_iter().step_by(step).enumerate().map(|(index, trace)| {
        let pass = load.recording.pass(index as u64 % load.passes);
        let id = u128::from_be_bytes(pass.trace_id(trace.id));
        Known { id: format!("{id:032x}"), order: format!("ord-{}", pass.token(trace.order)), truth: *trace }
    });
    spread.collect()
}

#[cfg(test)]
mod tests;
