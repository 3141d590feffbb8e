//! What was measured: one figure is one line of JSON in the results file and one row of the printed table.
//! What could not be measured is told as well, with the reason, so a gap is never mistaken for a zero.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    pub bench: String,
    pub name: String,
    /// `null` if it could not be measured.
    pub value: Option<f64>,
    pub unit: &'static str,
    /// What led to the value, or why there is none.
    pub note: String,
    /// When it was measured, in nanoseconds since 1970.
    pub at: i64,
}

/// Takes figures as they come and writes each down at once.
#[derive(Debug)]
pub struct Report {
    bench: String,
    file: PathBuf,
    at: i64,
    figures: Vec<Figure>,
}

impl Report {
    pub fn new(bench: &str, file: &Path, at: i64) -> Self {
        Self { bench: bench.to_owned(), file: file.to_owned(), at, figures: Vec::new() }
    }

    pub fn add(&mut self, name: &str, value: f64, unit: &'static str, note: &str) -> anyhow::Result<()> {
        self.keep(name, Some(value), unit, note)
    }

    /// A figure that the server does not give.
    pub fn missing(&mut self, name: &str, why: &anyhow::Error) -> anyhow::Result<()> {
        self.keep(name, None, "", &format!("{why:#}"))
    }

    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The figures as a Markdown table.
    pub fn table(&self) -> String {
        let mut table =
            format!("## {}\n\n| figure | value | unit | note |\n|---|---:|---|---|\n", self.bench);
        for figure in &self.figures {
            let value = figure.value.map_or_else(|| "-".to_owned(), shown);
            let note = figure.note.replace('|', "\\|").replace('\n', " ");
            table.push_str(&format!("| {} | {value} | {} | {note} |\n", figure.name, figure.unit));
        }
        table
    }

    fn keep(&mut self, name: &str, value: Option<f64>, unit: &'static str, note: &str) -> anyhow::Result<()> {
        let figure = Figure {
            bench: self.bench.clone(),
            name: name.to_owned(),
            value,
            unit,
            note: note.to_owned(),
            at: self.at,
        };
        let mut line = serde_json::to_vec(&figure)?;
        line.push(b'\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .with_context(|| format!("results file {}", self.file.display()))?;
        file.write_all(&line)?;
        self.figures.push(figure);
        Ok(())
    }
}

/// About four digits, and thousands apart.
fn shown(value: f64) -> String {
    if value.abs() < 1_000.0 {
        let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
        return format!("{value:.digits$}");
    }
    let whole = format!("{:.0}", value.abs());
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = whole.as_str();
    while let Some((before, group)) = rest.len().checked_sub(3).and_then(|at| rest.split_at_checked(at)) {
        parts.push(group);
        rest = before;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts.reverse();
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", parts.join(" "))
}

#[cfg(test)]
mod tests;
