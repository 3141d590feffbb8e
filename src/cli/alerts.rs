//! `daymark alerts`: states, files of rules, channels, and rules over the past.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use daymark_alerting::files::{RuleFiles, read_rules, read_text};
use daymark_model::time::Nanos;
use daymark_view::alerts::Tested;
use daymark_view::alerts::preview::Preview;
use daymark_view::alerts::rule::{KnownRule, Origin};
use daymark_view::alerts::state::StateRow;
use daymark_view::duration::brief;
use daymark_view::instant::rfc3339;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::{self, Client, JSON};
use super::{AskArgs, Format, clean, note};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AlertsVerb {
    /// Show what is not well, the worst first
    List(AskArgs),
    /// Check files of rules; every fault is told with its line and column
    Check {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Send a test to a channel, by its id or its name
    Test {
        #[arg(value_name = "CHANNEL")]
        channel: String,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Show when the rules of a file would have fired, over --from to --to [default: the last 7 days]
    Backtest {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        ask: AskArgs,
    },
}

pub(crate) async fn run(verb: AlertsVerb) -> anyhow::Result<ExitCode> {
    match verb {
        AlertsVerb::List(ask) => list(&ask).await,
        AlertsVerb::Check { files } => check(&files),
        AlertsVerb::Test { channel, ask } => test(&channel, &ask).await,
        AlertsVerb::Backtest { file, ask } => backtest(&file, &ask).await,
    }
}

async fn list(ask: &AskArgs) -> anyhow::Result<ExitCode> {
    let text = client::text(Client::new(ask)?.get("/alerts/states", JSON).await?).await?;
    let rows: Vec<Value> = data(&text)?;
    if ask.format() != Format::Table {
        return print_as(ask.format(), &text, &rows);
    }
    for row in &rows {
        let row: StateRow = serde_json::from_value(row.clone())?;
        let labels: Vec<String> = row.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let silenced = if row.silenced { " (silenced)" } else { "" };
        let value = row.value.map_or_else(|| "no data".to_owned(), |value| value.to_string());
        print(&format!(
            "{:<8} {:<8} since {}  {}  {value} {} {}  {}{silenced}",
            row.state.name(),
            row.severity.name(),
            rfc3339(row.since),
            row.rule,
            row.op.sign(),
            row.threshold,
            labels.join(" "),
        ))?;
    }
    if rows.is_empty() {
        note(format_args!("all is well"));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<RuleFiles> {
    let text = read_text(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(read_rules(&file.display().to_string(), &text, Origin::File, Nanos(0)))
}

fn check(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut is_good = true;
    for file in files {
        let found = read(file)?;
        for complaint in &found.complaints {
            print(&complaint.to_string())?;
        }
        is_good &= found.complaints.is_empty();
        if found.complaints.is_empty() {
            print(&format!("{}: {} rules are good", file.display(), found.rules.len()))?;
        }
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn test(channel: &str, ask: &AskArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(ask)?;
    let channels: Vec<Value> = data(&client::text(client.get("/alerts/channels", JSON).await?).await?)?;
    let is_named = |known: &&Value| known["id"] == channel || known["name"] == channel;
    let id = channels.iter().find(is_named).and_then(|known| known["id"].as_str()).unwrap_or(channel);
    let path = format!("/alerts/channels/{id}/test");
    let tested: Tested = data(&client::text(client.post(&path, JSON, Vec::new()).await?).await?)?;
    match &tested.error {
        None => print(&format!("delivered in {:.0} ms", tested.took_ms))?,
        Some(error) => print(&format!("not delivered: {error}"))?,
    }
    Ok(if tested.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn backtest(file: &Path, ask: &AskArgs) -> anyhow::Result<ExitCode> {
    let found = read(file)?;
    for complaint in &found.complaints {
        note(format_args!("{complaint}"));
    }
    if !found.complaints.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let client = Client::new(ask)?;
    for KnownRule { rule, .. } in found.rules {
        let mut body = json!({ "rule": rule });
        if let Some(from) = &ask.from {
            body["from"] = from.as_str().into();
        }
        if let Some(to) = &ask.to {
            body["to"] = to.as_str().into();
        }
        let text =
            client::text(client.post("/alerts/preview", JSON, body.to_string().into_bytes()).await?).await?;
        if ask.format() != Format::Table {
            print(&text)?;
            continue;
        }
        let preview: Preview = data(&text)?;
        let (times, total) = (preview.firings.len(), brief(preview.total_firing_ns));
        print(&format!("{}: fires {times} times, {total} in all", rule.name))?;
        for firing in preview.firings {
            let labels: Vec<String> =
                firing.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let to = firing.to.map_or_else(|| "now".to_owned(), rfc3339);
            let peak = firing.peak.map_or_else(|| "no data".to_owned(), |peak| peak.to_string());
            print(&format!("  {} to {to}  {}  peak {peak}", rfc3339(firing.from), labels.join(" ")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn data<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    let mut answer: Value = serde_json::from_str(text).context("the answer is not JSON")?;
    serde_json::from_value(answer["data"].take()).context("the answer is not what was asked for")
}

fn print_as(format: Format, text: &str, rows: &[Value]) -> anyhow::Result<ExitCode> {
    match format {
        Format::Json => print(text)?,
        _ => rows.iter().try_for_each(|row| print(&row.to_string()))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", clean::line(line))
}
