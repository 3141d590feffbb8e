//! `daymark logs -f`: lines as they come in, until it is stopped. A connection that breaks off is opened
//! again where it ended.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use daymark_view::error::{AskError, Code, Problem};
use daymark_view::tail::TailStatus;
use daymark_view::trace_logs::LogRow;

use super::client::Client;
use super::events::{Event, Events};
use super::logs::written;
use super::{Format, note};

/// How long after a break until the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows for ever, or until the server refuses.
pub(crate) async fn follow(
    client: &Client,
    query: &str,
    format: Format,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let path = format!("/logs/tail?q={}", escaped(query));
    let mut last = None;
    loop {
        match client.follow(&path, last.as_deref()).await {
            Ok(body) => last = print(Events::new(body), format, out).await?.or(last),
            // Whoever was there once may come back.
            Err(error) if last.is_some() && is_away(&error) => {}
            Err(error) => return Err(error),
        }
        note(format_args!("daymark: the stream broke off; asking again"));
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_away(error: &anyhow::Error) -> bool {
    error.downcast_ref::<AskError>().is_some_and(|refused| refused.code() == Code::Unavailable)
}

/// Prints lines until the stream ends; gives the id of the last event.
async fn print(mut events: Events, format: Format, out: &mut impl Write) -> anyhow::Result<Option<String>> {
    let (mut last, mut dropped) = (None, 0);
    // A connection that breaks off ends the stream like any other end.
    while let Ok(Some(Event { name, id, data })) = events.next().await {
        match name.as_str() {
            "log" => {
                let row: LogRow = serde_json::from_str(&data).context("a line cannot be read")?;
                let format = if format == Format::Json { Format::Ndjson } else { format };
                out.write_all(written(&row, format)?.as_bytes())?;
                out.flush()?;
            }
            "status" => {
                let status: TailStatus = serde_json::from_str(&data).context("a status cannot be read")?;
                if status.gap && last.is_none() {
                    note(format_args!("daymark: lines are missing here; search for them"));
                }
                if status.dropped > dropped {
                    note(format_args!("daymark: {status}"));
                }
                dropped = status.dropped;
            }
            "error" => {
                let problem: Problem = serde_json::from_str(&data).context("an error cannot be read")?;
                return Err(AskError(Box::new(problem)).into());
            }
            _ => {}
        }
        last = id.or(last);
    }
    Ok(last)
}

/// A text inside a query string.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests;
