//! The events of a stream (`text/event-stream`), one by one.

use super::body_lines::BodyLines;
use super::client::Body;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

#[derive(Debug)]
pub(crate) struct Events {
    lines: BodyLines,
}

impl Events {
    pub(crate) fn new(body: Body) -> Self {
        Self { lines: BodyLines::new(body) }
    }

    /// The next event that has data; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Event>> {
        let mut event = Event::default();
        while let Some(line) = self.lines.next().await? {
            let line = String::from_utf8_lossy(&line);
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
}
