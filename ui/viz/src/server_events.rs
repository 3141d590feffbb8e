//! Server-sent events out of the pieces in which they arrive.

/// One event; an empty name means `message`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    pub name: String,
    /// The place to go on from after a break.
    pub id: Option<String>,
    pub data: String,
}

/// What has arrived of an event that is not yet complete.
#[derive(Debug, Default)]
pub struct Reader {
    line: String,
    event: ServerEvent,
    has_data: bool,
}

impl Reader {
    /// Takes a piece of the stream and gives the events that it completes.
    pub fn take(&mut self, piece: &str) -> Vec<ServerEvent> {
        let mut done = Vec::new();
        for part in piece.split_inclusive('\n') {
            self.line.push_str(part);
            if part.ends_with('\n') {
                let line = std::mem::take(&mut self.line);
                done.extend(self.line(line.trim_end_matches(['\r', '\n'])));
            }
        }
        done
    }

    fn line(&mut self, line: &str) -> Option<ServerEvent> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_owned(),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments keep the connection open; everything else is not known.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_any_cut() {
        let stream = "event: log\r\nid: 651.0\ndata: {\"body\":\"실패\"}\n\n: heartbeat\n\ndata: a\ndata: b\n\nevent: half\ndata: x";
        let whole = Reader::default().take(stream);
        assert_eq!(whole.len(), 2);
        assert_eq!(
            (whole[0].name.as_str(), whole[0].id.as_deref(), whole[1].data.as_str()),
            ("log", Some("651.0"), "a\nb")
        );
        for size in [1, 2, 7] {
            let mut reader = Reader::default();
            let letters: Vec<char> = stream.chars().collect();
            let cut: Vec<ServerEvent> = letters
                .chunks(size)
                .flat_map(|piece| reader.take(&piece.iter().collect::<String>()))
                .collect();
            assert_eq!(cut, whole);
        }
    }
}
