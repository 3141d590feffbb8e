//! Files of a folder that is being written: each is hashed on its way, synced, and listed for `meta.json`.
//!
//! The folder exists and is empty. Until `meta.json` stands in it and it is synced, it is no segment.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use daymark_vfs::{Vfs, VfsFile};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{Error, Result};
use crate::meta::{FileMeta, META, Meta};

const BUFFER_BYTES: usize = 1 << 20;

pub(crate) struct Folder<'a> {
    fs: &'a dyn Vfs,
    dir: &'a Path,
    files: BTreeMap<String, FileMeta>,
}

impl<'a> Folder<'a> {
    pub(crate) fn new(fs: &'a dyn Vfs, dir: &'a Path) -> Self {
        Self { fs, dir, files: BTreeMap::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn create(&self, name: &str) -> Result<FileWriter> {
        let path = self.path(name);
        let file = self.fs.create(&path).map_err(Error::io(&path))?;
        let buffer = Vec::with_capacity(BUFFER_BYTES);
        Ok(FileWriter { name: name.to_owned(), path, file, written: 0, buffer, hash: blake3::Hasher::new() })
    }

    /// Makes a file durable and remembers its checksum.
    pub(crate) fn finish(&mut self, mut file: FileWriter) -> Result<()> {
        let done = file.flush().and_then(|()| file.file.sync());
        done.map_err(Error::io(&file.path))?;
        let blake3 = file.hash.finalize().to_hex().to_string();
        self.files.insert(file.name, FileMeta { bytes: file.written, blake3 });
        Ok(())
    }

    pub(crate) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name)?;
        file.write_all(bytes).map_err(Error::io(&self.dir.join(name)))?;
        self.finish(file)
    }

    /// Writes `meta.json` and makes the folder durable.
    pub(crate) fn seal(mut self, mut meta: Meta) -> Result<Meta> {
        meta.files = std::mem::take(&mut self.files);
        self.write(META, meta.to_text().as_bytes())?;
        self.fs.sync_dir(self.dir).map_err(Error::io(self.dir))?;
        Ok(meta)
    }
}

/// One file that grows at its end.
pub(crate) struct FileWriter {
    name: String,
    path: PathBuf,
    file: Box<dyn VfsFile>,
    written: u64,
    buffer: Vec<u8>,
    hash: blake3::Hasher,
}

impl FileWriter {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads back what was flushed.
impl ChunkReader for FileWriter {
    type T = io::Cursor<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let len = self.written.saturating_sub(start) as usize;
        Ok(io::Cursor::new(self.get_bytes(start, len)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

impl Length for FileWriter {
    fn len(&self) -> u64 {
        self.written
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.buffer, self.written)?;
        self.hash.update(&self.buffer);
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
