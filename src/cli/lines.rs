//! The lines of a streamed answer: a schema, rows, and a last line that says how it ended. An answer without
//! that last line is broken.

use anyhow::{Context, bail};
use daymark_view::error::{AskError, Problem};
use daymark_view::meta::Meta;
use serde::Deserialize;
use serde_json::Value;

use super::body_lines::BodyLines;
use super::client::Body;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Schema(Value),
    Row(Value),
    #[expect(dead_code, reason = "read only to be skipped")]
    Progress(Value),
    Meta(Box<Meta>),
    Error(Box<Problem>),
}

#[derive(Debug)]
pub(crate) struct Lines {
    lines: BodyLines,
}

impl Lines {
    pub(crate) fn new(body: Body) -> Self {
        Self { lines: BodyLines::new(body) }
    }

    /// The next schema, row or meta line. After meta there is none.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Line> {
        loop {
            let Some(text) = self.lines.next().await? else {
                bail!("the answer broke off before its last line")
            };
            match serde_json::from_slice(&text).context("a line of the answer cannot be read")? {
                Line::Progress(_) => {}
                Line::Error(problem) => return Err(AskError(problem).into()),
                line => return Ok(line),
            }
        }
    }
}

#[cfg(test)]
mod tests;
