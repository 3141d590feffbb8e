//! The lines of a streamed body, as they come.

use std::collections::VecDeque;

use http_body_util::BodyExt;

use super::client::{Body, broken_off};

#[derive(Debug)]
pub(crate) struct BodyLines {
    body: Body,
    read: VecDeque<u8>,
}

impl BodyLines {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, read: VecDeque::new() }
    }

    /// The next line without its end. What the end of the body cut off is none.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
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
