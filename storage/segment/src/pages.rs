//! Checksums of the pages of `data.parquet`, and the source through which every read of them goes.
//!
//! Parquet as we write it carries no checksum of a page, so a flipped bit could be a silent wrong answer.
//! `pages.crc` holds a crc32c of every page in file order and a copy of all that follows the last page
//! (page index and footer). [`PageSource`] hands out bytes only of pages whose checksum fits.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use crate::codec::{Decoder, Encoder};
use crate::codecs::Lent;
use crate::error::{Error, Result};
use crate::read_cache::ReadCache;

pub(crate) const PAGES: &str = "pages.crc";
const MAGIC: [u8; 4] = *b"DMP1";

/// Where a page lies.
#[derive(Clone, Copy, Debug)]
struct PageSpan {
    offset: u64,
    len: u32,
    row_group: u32,
    column: u32,
}

impl PageSpan {
    fn damage(self, what: &str) -> Damage {
        let Self { offset, row_group, column, .. } = self;
        let what = format!("page at {offset} of row group {row_group}, column {column}: {what}");
        Damage { row_group: Some(row_group as usize), what }
    }
}

/// Why bytes of the file cannot be handed out.
#[derive(Clone, Debug)]
struct Damage {
    row_group: Option<usize>,
    what: String,
}

/// Every page in file order, dictionary pages among them.
fn spans(metadata: &ParquetMetaData) -> Result<Vec<PageSpan>> {
    let no_index = || Error::Input("a data file without an offset index".into());
    let mut pages = Vec::new();
    if metadata.row_groups().is_empty() {
        return Ok(pages);
    }
    let offsets = metadata.offset_index().ok_or_else(no_index)?;
    for (row_group, (group, columns)) in metadata.row_groups().iter().zip(offsets).enumerate() {
        for (column, (chunk, index)) in group.columns().iter().zip(columns).enumerate() {
            let mut page = |offset: u64, len: u64| -> Result<()> {
                let len = u32::try_from(len).map_err(|_| no_index())?;
                pages.push(PageSpan { offset, len, row_group: row_group as u32, column: column as u32 });
                Ok(())
            };
            let locations = index.page_locations();
            let (start, _) = chunk.byte_range();
            let first = locations.first().map_or(start, |location| location.offset as u64);
            if first > start {
                page(start, first - start)?;
            }
            for location in locations {
                page(location.offset as u64, location.compressed_page_size as u64)?;
            }
        }
    }
    pages.sort_unstable_by_key(|page| page.offset);
    Ok(pages)
}

/// The bytes of `pages.crc` for a finished file.
pub(crate) fn encode_pages<R: ChunkReader>(file: &R) -> Result<Vec<u8>> {
    let pages = spans(&read_metadata(file)?)?;
    let mut out = Encoder::new(MAGIC);
    out.u64(file.len());
    out.count(pages.len());
    for page in &pages {
        out.u32(crc32c::crc32c(&file.get_bytes(page.offset, page.len as usize)?));
    }
    let tail = pages.last().map_or(PARQUET_MAGIC_BYTES, |page| page.offset + u64::from(page.len));
    out.bytes(&file.get_bytes(tail, (file.len() - tail) as usize)?);
    Ok(out.finish())
}

const PARQUET_MAGIC_BYTES: u64 = 4;

/// The end of a Parquet file, as far as the footer and the page index need it.
struct Tail {
    base: u64,
    bytes: Bytes,
}

impl Length for Tail {
    fn len(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }
}

impl ChunkReader for Tail {
    type T = io::Cursor<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let len = self.len().saturating_sub(start) as usize;
        Ok(io::Cursor::new(self.get_bytes(start, len)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let from = start.checked_sub(self.base).and_then(|from| usize::try_from(from).ok());
        let range = from.and_then(|from| Some(from..from.checked_add(length)?));
        match range.filter(|range| range.end <= self.bytes.len()) {
            Some(range) => Ok(self.bytes.slice(range)),
            None => Err(ParquetError::EOF(format!("{length} bytes at {start} are not in the copied tail"))),
        }
    }
}

/// A data file whose pages are checked as they are read.
#[derive(Debug)]
pub(crate) struct PageFile {
    path: PathBuf,
    file: File,
    len: u64,
    pages: Vec<PageSpan>,
    crcs: Vec<u32>,
}

impl PageFile {
    /// Opens a data file without `pages.crc`. The caller has proved that the whole file is as written.
    pub(crate) fn open_proved(data: &Path) -> Result<(Self, ParquetMetaData)> {
        let file = File::open(data).map_err(Error::io(data))?;
        let bytes = encode_pages(&file)?;
        Self::open(data, data, &bytes)
    }

    /// Opens a data file by the bytes of its `pages.crc`, which also give the footer.
    pub(crate) fn open(data: &Path, checksums: &Path, bytes: &[u8]) -> Result<(Self, ParquetMetaData)> {
        let mut from = Decoder::new(checksums, MAGIC, bytes)?;
        let len = from.u64()?;
        let count = from.count(4)?;
        let crcs = (0..count).map(|_| from.u32()).collect::<Result<Vec<_>>>()?;
        let tail = Bytes::copy_from_slice(from.bytes()?);
        from.end()?;
        let base = len
            .checked_sub(tail.len() as u64)
            .ok_or_else(|| Error::corrupt(checksums, "impossible length"))?;
        let metadata = read_metadata(&Tail { base, bytes: tail })?;
        let pages = spans(&metadata)?;
        if pages.len() != crcs.len() {
            return Err(Error::corrupt(checksums, "counts other pages than the footer"));
        }
        let file = File::open(data).map_err(Error::io(data))?;
        Ok((Self { path: data.to_owned(), file, len, pages, crcs }, metadata))
    }

    /// The bytes of whole pages that cover a range, checked, and where they start.
    fn checked(&self, start: u64, len: usize) -> std::result::Result<(u64, Bytes), Damage> {
        let end = start.saturating_add(len as u64);
        let first = self.pages.partition_point(|page| page.offset + u64::from(page.len) <= start);
        let last = self.pages.partition_point(|page| page.offset < end);
        let pages = self.pages.get(first..last).filter(|pages| !pages.is_empty());
        let elsewhere = || Damage { row_group: None, what: format!("{len} bytes at {start} are not pages") };
        let pages = pages.ok_or_else(elsewhere)?;
        let base = pages[0].offset;
        let to = pages[pages.len() - 1];
        let mut bytes = vec![0; (to.offset + u64::from(to.len) - base) as usize];
        let read = self.file.read_exact_at(&mut bytes, base);
        read.map_err(|error| pages[0].damage(&format!("cannot be read: {error}")))?;
        if start < base || end > base + bytes.len() as u64 {
            return Err(elsewhere());
        }
        for (page, crc) in pages.iter().zip(&self.crcs[first..last]) {
            let at = (page.offset - base) as usize;
            if crc32c::crc32c(&bytes[at..at + page.len as usize]) != *crc {
                return Err(page.damage("its checksum does not fit"));
            }
        }
        Ok((base, bytes.into()))
    }

    fn error(&self, Damage { row_group, what }: Damage) -> Error {
        Error::Corrupt { file: self.path.clone(), row_group, what }
    }

    /// Reads every page once. Answers what is damaged.
    pub(crate) fn check_all(&self) -> Vec<Error> {
        let checked = self.pages.iter().map(|page| self.checked(page.offset, page.len as usize));
        checked.filter_map(std::result::Result::err).map(|damage| self.error(damage)).collect()
    }
}

fn read_metadata<R: ChunkReader>(source: &R) -> Result<ParquetMetaData> {
    let reader = ParquetMetaDataReader::new()
        .with_offset_index_policy(PageIndexPolicy::Required)
        .with_column_index_policy(PageIndexPolicy::Skip);
    Ok(reader.parse_and_finish(source)?)
}

/// What one read gets its bytes from. Keeps the damage it met, because Parquet's errors are only text.
#[derive(Clone, Debug)]
pub(crate) struct PageSource {
    file: Arc<PageFile>,
    cache: Option<Arc<ReadCache>>,
    damage: Arc<OnceLock<Damage>>,
}

impl PageSource {
    pub(crate) fn new(file: Arc<PageFile>, cache: Option<Arc<ReadCache>>) -> Self {
        Self { file, cache, damage: Arc::default() }
    }

    /// What unpacks the pages of one read.
    pub(crate) fn codecs(&self) -> Arc<Lent> {
        Arc::new(Lent::by(self.cache.clone()))
    }

    /// The unpacked page that is kept from an earlier read.
    pub(crate) fn kept(&self, offset: u64) -> Option<Page> {
        self.cache.as_ref()?.page(&self.file, offset)
    }

    /// Keeps an unpacked page for later reads.
    pub(crate) fn keep(&self, offset: u64, page: &Page) {
        if let Some(cache) = &self.cache {
            cache.put_page(&self.file, offset, page);
        }
    }

    /// The first damage met.
    pub(crate) fn damage(&self) -> Option<Error> {
        self.damage.get().map(|damage| self.file.error(damage.clone()))
    }
}

impl Length for PageSource {
    fn len(&self) -> u64 {
        self.file.len
    }
}

impl ChunkReader for PageSource {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let (base, bytes) = self.pages(start, 1)?;
        Ok(Box::new(io::Cursor::new(bytes.slice((start - base) as usize..))))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let (base, bytes) = self.pages(start, length)?;
        let from = (start - base) as usize;
        Ok(bytes.slice(from..from + length))
    }
}

impl PageSource {
    /// The bytes of one page.
    pub(crate) fn page(&self, offset: u64, len: usize) -> ParquetResult<Bytes> {
        self.get_bytes(offset, len)
    }

    fn pages(&self, start: u64, len: usize) -> ParquetResult<(u64, Bytes)> {
        self.file.checked(start, len).map_err(|damage| {
            let text = damage.what.clone();
            // A second damage of the same read changes nothing.
            self.damage.get_or_init(|| damage);
            ParquetError::General(text)
        })
    }
}
