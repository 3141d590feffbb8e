//! The lines of a streamed answer: a schema, rows, and a last line that says how it ended. An answer without
//! that last line is broken.

use std::collections::VecDeque;

use anyhow::{Context, bail};
use daymark_view::error::{AskError, Problem};
use daymark_view::meta::Meta;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Body, broken_off};

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
    body: Body,
    read: VecDeque<u8>,
}

impl Lines {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, read: VecDeque::new() }
    }

    /// The next schema, row or meta line. After meta there is none.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Line> {
        loop {
            let Some(text) = self.next_text().await? else {
                bail!("the answer broke off before its last line")
            };
            match serde_json::from_slice(&text).context("a line of the answer cannot be read")? {
                Line::Progress(_) => {}
                Line::Error(problem) => return Err(AskError(problem).into()),
                line => return Ok(line),
            }
        }
    }

    async fn next_text(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.read.iter().skip(searched).position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.read.drain(..=searched + end).collect();
                line.pop();
                return Ok(Some(line));
            }
            searched = self.read.len();
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    let data = frame.map_err(broken_off)?.into_data().unwrap_or_default();
                    self.read.extend(data);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
