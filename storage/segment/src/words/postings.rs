//! Shapes by their words: `words.idx`, a Tantivy index of one segment whose documents are shapes.
//!
//! It is built in memory and its parts stand in one file of ours, so that it is written, synced, proved and
//! compared like every other index, and equal shapes give equal bytes.

use std::path::Path;

use daymark_model::words::is_indexed;
use tantivy::directory::RamDirectory;
use tantivy::index::{SegmentComponent, SegmentId};
use tantivy::indexer::{AddOperation, SegmentWriter};
use tantivy::query::{EnableScoring, PhraseQuery, Query};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{
    Directory, DocSet, Index, IndexSettings, Segment, SegmentReader, TERMINATED, TantivyDocument,
    TantivyError, Term,
};

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};

pub(crate) const WORD_INDEX: &str = "words.idx";
const MAGIC: [u8; 4] = *b"DMI1";
const FIELD: &str = "words";
/// The name of every segment of Tantivy's: each stands in a file alone.
const SEGMENT: &str = "00000000000000000000000000000000";
/// What the first hash table is sized by; it grows.
const FIRST_BYTES: usize = 4 << 20;
const PARTS: [SegmentComponent; 6] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
    SegmentComponent::Store,
];

fn failed(error: &TantivyError) -> Error {
    Error::Input(format!("word index: {error}"))
}

/// One field, case-folded by us.
fn schema(has_positions: bool) -> (Schema, Field) {
    let record =
        if has_positions { IndexRecordOption::WithFreqsAndPositions } else { IndexRecordOption::Basic };
    let indexing = TextFieldIndexing::default().set_index_option(record).set_fieldnorms(false);
    let mut schema = Schema::builder();
    let field = schema.add_text_field(FIELD, TextOptions::default().set_indexing_options(indexing));
    (schema.build(), field)
}

/// The one segment of an index in memory.
fn segment(directory: RamDirectory, schema: Schema, documents: u32) -> tantivy::Result<Segment> {
    let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let index = Index::create(directory, schema, settings)?;
    let id = SegmentId::from_uuid_string(SEGMENT);
    let id = id.map_err(|error| TantivyError::InvalidArgument(error.to_string()))?;
    Ok(index.segment(index.new_segment_meta(id, documents)))
}

/// Takes shapes in the order of their numbers.
pub(super) struct PostingsWriter {
    segment: Segment,
    writer: SegmentWriter,
    field: Field,
    documents: u32,
    has_positions: bool,
}

impl PostingsWriter {
    pub(super) fn new(has_positions: bool) -> Result<Self> {
        let (schema, field) = schema(has_positions);
        let made = segment(RamDirectory::create(), schema, 0).and_then(|segment| {
            let writer = SegmentWriter::for_segment(FIRST_BYTES, segment.clone())?;
            Ok(Self { segment, writer, field, documents: 0, has_positions })
        });
        made.map_err(|error| failed(&error))
    }

    /// Adds the next shape with its words.
    pub(super) fn add<'a>(&mut self, words: impl Iterator<Item = &'a str>) -> Result<()> {
        let known = words.enumerate().filter(|(_, word)| is_indexed(word));
        let tokens =
            known.map(|(position, word)| Token { position, text: word.to_owned(), ..Token::default() });
        let mut document = TantivyDocument::default();
        let text = PreTokenizedString { text: String::new(), tokens: tokens.collect() };
        document.add_pre_tokenized_text(self.field, text);
        let added = self.writer.add_document(AddOperation { opstamp: 0, document });
        self.documents += 1;
        added.map_err(|error| failed(&error))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>> {
        self.writer.finalize().map_err(|error| failed(&error))?;
        let mut out = Encoder::new(MAGIC);
        out.u8(u8::from(self.has_positions));
        out.u32(self.documents);
        let directory = self.segment.index().directory();
        for part in PARTS {
            let path = self.segment.meta().relative_path(part);
            let bytes = directory.atomic_read(&path).map_err(|error| failed(&error.into()))?;
            out.bytes(&bytes);
        }
        Ok(out.finish())
    }
}

/// An open index.
pub(super) struct Postings {
    reader: SegmentReader,
    schema: Schema,
    field: Field,
    pub(super) has_positions: bool,
}

impl Postings {
    pub(super) fn open(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut from = Decoder::of_checked(path, MAGIC, bytes)?;
        let has_positions = from.u8()? == 1;
        let documents = from.u32()?;
        let mut parts = Vec::with_capacity(PARTS.len());
        for _ in PARTS {
            parts.push(from.bytes()?);
        }
        from.end()?;
        let (schema, field) = schema(has_positions);
        let directory = RamDirectory::create();
        let opened = segment(directory.clone(), schema.clone(), documents).and_then(|segment| {
            for (part, bytes) in PARTS.into_iter().zip(parts) {
                directory.atomic_write(&segment.meta().relative_path(part), bytes)?;
            }
            SegmentReader::open(&segment)
        });
        let reader = opened.map_err(|error| Error::corrupt(path, error.to_string()))?;
        Ok(Self { reader, schema, field, has_positions })
    }

    fn term(&self, word: &str) -> Term {
        Term::from_field_text(self.field, word)
    }

    /// The numbers of the shapes that have a word.
    pub(super) fn with_word(&self, word: &str) -> Result<Vec<u32>> {
        let index = self.reader.inverted_index(self.field).map_err(|error| failed(&error))?;
        let found = index.read_postings(&self.term(word), IndexRecordOption::Basic);
        let found = found.map_err(|error| failed(&error.into()))?;
        Ok(found.map(|mut found| documents(&mut found)).unwrap_or_default())
    }

    /// The numbers of the shapes in which two words or more stand one behind the other.
    pub(super) fn with_phrase(&self, words: &[String]) -> Result<Vec<u32>> {
        let query = PhraseQuery::new(words.iter().map(|word| self.term(word)).collect());
        let scoring = EnableScoring::disabled_from_schema(&self.schema);
        let found = query.weight(scoring).and_then(|weight| weight.scorer(&self.reader, 1.0));
        Ok(documents(found.map_err(|error| failed(&error))?.as_mut()))
    }
}

fn documents<D: DocSet + ?Sized>(found: &mut D) -> Vec<u32> {
    let mut documents = Vec::new();
    while found.doc() != TERMINATED {
        documents.push(found.doc());
        found.advance();
    }
    documents
}
