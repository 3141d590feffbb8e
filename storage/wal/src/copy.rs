//! A copy of a log that goes on being written: the records up to a number, byte for byte.

use std::path::Path;
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_vfs::Vfs;

use crate::error::Error;
use crate::files;
use crate::format::END_BYTES;
use crate::replay::{Reader, line_up};
use crate::scan::Piece;

/// Copies the files in `from` to the empty folder `to`, as far as records up to `last` are in them. All those
/// must be durable before. Answers the last number copied and the bytes.
pub fn copy(from: &Path, to: &Path, fs: &Arc<dyn Vfs>, last: Lsn) -> Result<(Lsn, u64), Error> {
    let listing = files::list(&**fs, from).map_err(Error::of_open(from))?;
    let mut reader = Reader::new(Arc::clone(fs), line_up(&listing.files));
    let (mut copied, mut bytes) = (Lsn(0), 0);
    while let Some(file) = reader.next(Lsn(0)) {
        let within = |piece: &&Piece| piece.record().is_some_and(|lsn| lsn <= last);
        let Some(Piece::Record { at, size, lsn }) = file.scan.pieces.iter().rev().find(within).copied()
        else {
            continue;
        };
        let name = file.path().file_name().unwrap_or_default();
        let path = to.join(name);
        let mut kept = file.bytes.slice(..at + size).to_vec();
        kept.extend_from_slice(&[0; END_BYTES]);
        let written = fs.create(&path).and_then(|new| {
            new.write_all_at(&kept, 0)?;
            new.sync()
        });
        written.map_err(Error::of_open(&path))?;
        (copied, bytes) = (lsn, bytes + kept.len() as u64);
    }
    fs.sync_dir(to).map_err(Error::of_open(to))?;
    Ok((copied, bytes))
}
