//! The events of a stream (`text/event-stream`), one by one.

use std::collections::VecDeque;

use http_body_util::BodyExt;

use super::client::{Body, broken_off};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

#[derive(Debug)]
pub(crate) struct Events {
    body: Body,
    read: VecDeque<u8>,
}

impl Events {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, read: VecDeque::new() }
    }

    /// The next event that has data; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Event>> {
        let mut event = Event::default();
        while let Some(line) = self.line().await? {
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "event" => event.name = value,
                "id" => event.id = Some(value),
                "data" => event.data = value,
                "" if line.is_empty() && !event.data.is_empty() => return Ok(Some(event)),
                _ => {}
            }
        }
        // What the end cut off is none.
        Ok(None)
    }

    async fn line(&mut self) -> anyhow::Result<Option<String>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.read.iter().skip(searched).position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.read.drain(..=searched + end).collect();
                line.pop();
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
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
