//! A file system of its own, gone when the test ends. Only root may mount one.

use std::path::{Path, PathBuf};
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

    /// On a loop device, with a journal, of so many megabytes.
    pub(super) fn ext4(megabytes: u64) -> Result<Self, String> {
        let new = Self::new();
        run(Command::new("truncate").arg("-s").arg(format!("{megabytes}M")).arg(&new.image))?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&new.image))?;
        new.mount()?;
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

    /// What the disk has is read again; what only memory had is gone.
    pub(super) fn mount_again(&self) {
        run(Command::new("umount").arg(&self.place)).unwrap();
        self.mount().unwrap();
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.place)).map(drop)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Nothing is mounted where mounting failed; a server may still be ending.
        let _unmounted = Command::new("umount").args(["-q", "--lazy"]).arg(&self.place).output();
    }
}

/// Cuts a file system off from its disk at once, as a power cut does: nothing more is written, the journal
/// neither.
pub(super) fn cut_power(place: &Path) -> Result<(), String> {
    // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
    let script = r#"open(my $dir, "<", $ARGV[0]) or die $!;
        my $how = pack("L", 2);
        ioctl($dir, 0x8004587d, $how) or die $!;"#;
    run(Command::new("perl").args(["-e", script]).arg(place)).map(drop)
}
