//! The body of a log record: its text, what kind of text that is, and the hash of its shape.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt64Builder};
use daymark_model::attribute::ValueType;
use daymark_model::shape::{shape, template_id};

use crate::any::Any;
use crate::columns::{Text, Words};
use crate::foresight::Rest;
use crate::typed_json;
use crate::wire::Malformed;

const KINDS: [&str; 4] = ["none", "text", "json", "bytes"];
const NONE: u32 = 0;
const TEXT: u32 = 1;
const JSON: u32 = 2;
const BYTES: u32 = 3;

/// The columns `body`, `body_kind` and `template_id`.
#[derive(Debug)]
pub(super) struct Bodies {
    text: Text,
    kind: Words<4>,
    template_id: UInt64Builder,
    shape: String,
}

impl Bodies {
    pub(super) fn new() -> Self {
        Self {
            text: Text::new(),
            kind: Words::new(KINDS),
            template_id: UInt64Builder::new(),
            shape: String::new(),
        }
    }

    pub(super) fn reserve(&mut self, rest: Rest) {
        self.text.reserve(rest);
        self.kind.reserve(rest);
    }

    /// Writes one body. After an error the row must be taken back.
    pub(super) fn write(&mut self, body: Any<'_>, bits: &mut u32) -> Result<(), Malformed> {
        let kind = match body {
            Any::Empty => NONE,
            Any::Double(value) => {
                typed_json::double(self.text.open(), value);
                JSON
            }
            _ => match body.store(self.text.open(), bits)? {
                ValueType::Text => TEXT,
                ValueType::Bytes => BYTES,
                _ => JSON,
            },
        };
        if kind == NONE {
            self.text.push_option(None);
        } else {
            self.text.close();
        }
        let template = matches!(kind, TEXT | JSON).then(|| {
            shape(self.text.last(), &mut self.shape);
            template_id(&self.shape)
        });
        self.template_id.append_option(template);
        self.kind.push(kind);
        Ok(())
    }

    /// The text written last; empty where there is none.
    pub(super) fn last(&self) -> &str {
        self.text.last()
    }

    /// Drops what a failed [`Bodies::write`] left behind; the other columns are written after all can fail.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.text.truncate(rows);
    }

    /// `body`, `body_kind`, `template_id`.
    pub(super) fn finish(mut self) -> [ArrayRef; 3] {
        [Arc::new(self.text.finish()), self.kind.finish(), Arc::new(self.template_id.finish())]
    }
}
