//! How long this disk takes to make four KiB durable. Ack times are told as multiples of it, because a disk
//! is the floor under every ack and differs from machine to machine.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use daymark_model::time::Clock;

use crate::samples::Samples;

const PIECE: usize = 4_096;

/// Writes and syncs one piece after another into a file that is already as long as it will be.
pub fn sync_times(folder: &Path, times: u64, clock: &dyn Clock) -> anyhow::Result<Samples> {
    let file = tempfile::tempfile_in(folder)?;
    prepare(&file, times)?;
    let mut samples = Samples::default();
    for index in 0..times {
        let start = clock.elapsed();
        file.write_all_at(&[index as u8; PIECE], index * PIECE as u64)?;
        file.sync_data()?;
        samples.add(clock.elapsed() - start);
    }
    Ok(samples)
}

/// Only overwriting leaves the file's metadata alone, as a preallocated log does.
fn prepare(file: &File, pieces: u64) -> anyhow::Result<()> {
    for index in 0..pieces {
        file.write_all_at(&[0; PIECE], index * PIECE as u64)?;
    }
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests;
