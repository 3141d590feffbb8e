//! The row groups of one read, as the Parquet crate asks for them: page by page, by the offset index.
//!
//! The crate's own page reader makes a compressor and a decompressor for every column of every read, which
//! is most of what a read of a few rows costs. Here all columns of a read share one, and it is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use crate::codecs::Lent;
use crate::page_header::PageHeader;
use crate::pages::PageSource;

const DATA_PAGE: i32 = 0;
const DICTIONARY_PAGE: i32 = 2;

/// Some row groups of a file.
pub(crate) struct ChosenGroups {
    source: PageSource,
    metadata: Arc<ParquetMetaData>,
    groups: Vec<usize>,
    codecs: Arc<Lent>,
}

impl ChosenGroups {
    pub(crate) fn new(source: PageSource, metadata: Arc<ParquetMetaData>, groups: Vec<usize>) -> Self {
        let codecs = source.codecs();
        Self { source, metadata, groups, codecs }
    }
}

impl RowGroups for ChosenGroups {
    fn num_rows(&self) -> usize {
        self.row_groups().map(|group| group.num_rows() as usize).sum()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let readers = self.groups.iter().map(|group| self.pages(*group, column));
        Ok(Box::new(Chunks(readers.collect::<Result<VecDeque<_>>>()?)))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.groups.iter().map(|group| self.metadata.row_group(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

impl ChosenGroups {
    fn pages(&self, number: usize, column: usize) -> Result<Pages> {
        let group = self.metadata.row_group(number);
        let chunk = group.column(column);
        let index = self.metadata.offset_index().and_then(|index| index.get(number)?.get(column));
        let locations = index.ok_or_else(|| general("a column without an offset index"))?.page_locations();
        let mut pages = VecDeque::with_capacity(locations.len() + 1);
        let (start, _) = chunk.byte_range();
        if let Some(first) = locations.first().filter(|first| first.offset as u64 > start) {
            pages.push_back(Place { offset: start, len: first.offset as usize - start as usize, rows: None });
        }
        let ends = locations.iter().skip(1).map(|next| next.first_row_index);
        for (location, end) in locations.iter().zip(ends.chain([group.num_rows()])) {
            pages.push_back(Place {
                offset: location.offset as u64,
                len: location.compressed_page_size as usize,
                rows: Some((end - location.first_row_index) as usize),
            });
        }
        let compression = chunk.compression();
        Ok(Pages { source: self.source.clone(), codecs: Arc::clone(&self.codecs), compression, pages })
    }
}

/// A column of all row groups.
struct Chunks(VecDeque<Pages>);

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages = self.0.pop_front()?;
        Some(Ok(Box::new(pages)))
    }
}

impl PageIterator for Chunks {}

/// Where a page lies, and its rows; a dictionary page has none.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    len: usize,
    rows: Option<usize>,
}

/// The pages of a column chunk that are still to come.
struct Pages {
    source: PageSource,
    codecs: Arc<Lent>,
    compression: Compression,
    pages: VecDeque<Place>,
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(place) = self.pages.pop_front() else { return Ok(None) };
        if place.rows.is_some() {
            return self.unpacked(place).map(Some);
        }
        if let Some(dictionary) = self.source.kept(place.offset) {
            return Ok(Some(dictionary));
        }
        let dictionary = self.unpacked(place)?;
        self.source.keep(place.offset, &dictionary);
        Ok(Some(dictionary))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let next = |place: &Place| PageMetadata {
            num_rows: place.rows,
            num_levels: None,
            is_dict: place.rows.is_none(),
        };
        Ok(self.pages.front().map(next))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.pop_front();
        Ok(())
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        Ok(true)
    }
}

impl Pages {
    fn unpacked(&self, place: Place) -> Result<Page> {
        let bytes = self.source.page(place.offset, place.len)?;
        let read = PageHeader::read(&bytes);
        let (header, len) = read.ok_or_else(|| general("a page with an unreadable header"))?;
        let body = bytes.slice(len..);
        let size = usize::try_from(header.uncompressed)?;
        let buf = self.codecs.open(self.compression, body, size)?;
        match (header.kind, header.data, header.dictionary) {
            (DATA_PAGE, Some([values, encoding, definition, repetition]), _) => Ok(Page::DataPage {
                buf,
                num_values: values.try_into()?,
                encoding: known(encoding)?,
                def_level_encoding: known(definition)?,
                rep_level_encoding: known(repetition)?,
                statistics: None,
            }),
            (DICTIONARY_PAGE, _, Some([values, encoding])) => Ok(Page::DictionaryPage {
                buf,
                num_values: values.try_into()?,
                encoding: known(encoding)?,
                is_sorted: false,
            }),
            (kind, ..) => Err(general(&format!("a page of type {kind}"))),
        }
    }
}

fn known(encoding: i32) -> Result<Encoding> {
    Ok(match encoding {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        other => return Err(general(&format!("a page with encoding {other}"))),
    })
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
