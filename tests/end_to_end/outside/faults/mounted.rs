//! A file system of its own, gone when the test ends. Only root may mount one.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::outside::run;

pub(super) struct Mounted {
    _dir: TempDir,
    image: PathBuf,
    pub(super) place: PathBuf,
}

impl Mounted {
    /// In memory, of so many megabytes.
    pub(super) fn tmpfs(megabytes: u64) -> Result<Self, String> {
        let new = Self::new();
        let size = format!("size={megabytes}m");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&new.place))?;
        Ok(new)
    }

    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (image, place) = (dir.path().join("image"), dir.path().join("mounted"));
        std::fs::create_dir(&place).unwrap();
        Self { _dir: dir, image, place }
    }

    /// A file beside the file system.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.image.with_file_name(name)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Nothing is mounted where mounting failed; a server may still be ending.
        let _unmounted = Command::new("umount").args(["-q", "--lazy"]).arg(&self.place).output();
    }
}
