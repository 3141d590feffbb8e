//! The shape of the load itself, measured on its bytes, so that every other figure can be read beside it. No
//! server is started.

use std::io::Write;

use clap::Args;
use daymark_model::time::{Clock, SystemClock};
use daymark_workload::Signal;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::figure::Report;
use crate::setting::{Setting, Shape};

#[derive(Args, Clone, Debug)]
pub struct Made {
    #[command(flatten)]
    pub shape: Shape,
}

impl Made {
    pub fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let mut report = setting.report("load");
        let clock = SystemClock::new();
        let load = setting.load(&self.shape);
        let truth = load.recording.truth().clone();
        let made = clock.elapsed();
        let spans = truth.spans as f64;
        report.add(
            "recording",
            spans / made.as_secs_f64(),
            "spans/s",
            &format!("{} spans with all signals", truth.spans),
        )?;
        report.add(
            "spans of a trace",
            spans / truth.traces as f64,
            "spans",
            &format!("{} traces", truth.traces),
        )?;
        report.add("spans with an error", truth.errors as f64 / spans * 100.0, "%", "")?;
        report.add("late spans", truth.late as f64 / spans * 100.0, "%", "")?;
        report.add("spans sent twice", truth.duplicates as f64 / spans * 100.0, "%", "")?;
        report.add("lines with a trace id", truth.logs_traced as f64 / truth.logs as f64 * 100.0, "%", "")?;
        let (name, most) = truth
            .services
            .iter()
            .map(|(name, counts)| (name.as_str(), counts.spans))
            .max_by_key(|one| one.1)
            .unwrap_or_default();
        report.add("spans of the busiest service", most as f64 / spans * 100.0, "%", name)?;
        for signal in Signal::ALL {
            self.sizes(&load, signal, &mut report)?;
        }
        let begun = clock.elapsed();
        let patched: usize = load
            .recording
            .requests(load.recording.pass(1), &[Signal::Spans])
            .map(|request| request.items)
            .sum();
        let took = clock.elapsed() - begun;
        report.add(
            "replaying",
            patched as f64 / took.as_secs_f64(),
            "spans/s",
            "ids, instants and numbers changed",
        )?;
        Ok(report)
    }

    fn sizes(&self, load: &crate::load::Load, signal: Signal, report: &mut Report) -> anyhow::Result<()> {
        let (mut items, mut raw, mut gzip, mut zstd) = (0, 0, 0, 0);
        for request in load.recording.requests(load.recording.pass(0), &[signal]) {
            items += request.items;
            raw += request.body.len();
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&request.body)?;
            gzip += encoder.finish()?.len();
            zstd += zstd::bulk::compress(&request.body, 3)?.len();
        }
        let items = items.max(1) as f64;
        let note = format!("gzip {:.1}, zstd {:.1}", gzip as f64 / items, zstd as f64 / items);
        report.add(&format!("bytes of an item, {}", signal.name()), raw as f64 / items, "B", &note)
    }
}
