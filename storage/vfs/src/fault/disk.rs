//! The state behind a faulty file system: every file and folder twice, as the process sees it and as it
//! would be found after a power cut, with the changes between the two in order.
//!
//! Contents become durable by syncing the file, names by syncing the folder. A rename is one change, as
//! every journal keeps it: after a crash the old name is there or the new one, never both or none.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};

/// The number of a file or folder, whatever its name.
pub(super) type Inode = usize;

pub(super) const ROOT: Inode = 0;
const SECTOR: usize = 512;

/// What becomes of changes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// A power cut before any of it reached the disk.
    Lost,
    /// The process was killed and the machine lives on: nothing is lost, and nothing became durable.
    Kept,
    /// A power cut in the middle: any sector may have been written or not; names are kept up to some point.
    Torn { seed: u64 },
    /// As `Torn`, but in order: all but the last write of each file, and the first bytes of that one.
    Cut { bytes: usize },
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

#[derive(Clone, Debug, Default)]
pub(super) struct FileState {
    pub(super) live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// Changes whose sync failed: the process still reads them, and no later sync writes them.
    forgotten: Vec<Change>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct FolderState {
    pub(super) live: BTreeMap<OsString, Inode>,
    durable: BTreeMap<OsString, Inode>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    File(FileState),
    Folder(FolderState),
}

type Name = (Inode, OsString);

/// One change of names that a journal keeps or loses as a whole.
#[derive(Clone, Debug)]
struct NameChange {
    removed: Option<Name>,
    added: Option<(Name, Inode)>,
}

#[derive(Clone, Debug)]
pub(super) struct Disk {
    nodes: Vec<Node>,
    /// Changes of names that no sync of their folder has made durable yet.
    journal: Vec<NameChange>,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::Folder(FolderState::default())], journal: Vec::new() }
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<Inode> {
        path.components().filter_map(name_of).try_fold(ROOT, |at, name| {
            self.folder(at)?.live.get(name).copied().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        })
    }

    pub(super) fn folder(&self, inode: Inode) -> io::Result<&FolderState> {
        match &self.nodes[inode] {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn file(&self, inode: Inode) -> io::Result<&FileState> {
        match &self.nodes[inode] {
            Node::File(file) => Ok(file),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn file_mut(&mut self, inode: Inode) -> io::Result<&mut FileState> {
        match &mut self.nodes[inode] {
            Node::File(file) => Ok(file),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// The folder a path lies in, and its last name.
    fn place(&self, path: &Path) -> io::Result<Name> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.find(path.parent().unwrap_or(Path::new("/")))?, name.to_owned()))
    }

    pub(super) fn add(&mut self, path: &Path, node: Node) -> io::Result<Inode> {
        let place = self.place(path)?;
        if self.folder(place.0)?.live.contains_key(&place.1) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.nodes.push(node);
        let inode = self.nodes.len() - 1;
        self.change_names(NameChange { removed: None, added: Some((place, inode)) })?;
        Ok(inode)
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let place = self.place(path)?;
        self.change_names(NameChange { removed: Some(place), added: None })
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.find(from)?;
        let (from, to) = (self.place(from)?, self.place(to)?);
        let target = self.folder(to.0)?.live.get(&to.1).copied();
        if target.is_some_and(|target| self.folder(target).is_ok_and(|folder| !folder.live.is_empty())) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        self.change_names(NameChange { removed: Some(from), added: Some((to, inode)) })
    }

    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        self.apply_names(&change, |folder| &mut folder.live)?;
        self.journal.push(change);
        Ok(())
    }

    fn apply_names(
        &mut self,
        change: &NameChange,
        side: impl Fn(&mut FolderState) -> &mut BTreeMap<OsString, Inode>,
    ) -> io::Result<()> {
        if let Some((folder, name)) = &change.removed {
            side(self.folder_mut(*folder)?).remove(name);
        }
        if let Some(((folder, name), inode)) = &change.added {
            side(self.folder_mut(*folder)?).insert(name.clone(), *inode);
        }
        Ok(())
    }

    fn folder_mut(&mut self, inode: Inode) -> io::Result<&mut FolderState> {
        match &mut self.nodes[inode] {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_folder(&mut self, inode: Inode) -> io::Result<()> {
        let (synced, rest) = std::mem::take(&mut self.journal).into_iter().partition(|change| {
            let removed = change.removed.as_ref().map(|name| name.0);
            let added = change.added.as_ref().map(|(name, _)| name.0);
            removed == Some(inode) || added == Some(inode)
        });
        self.journal = rest;
        let synced: Vec<NameChange> = synced;
        synced.iter().try_for_each(|change| self.apply_names(change, |folder| &mut folder.durable))
    }

    /// What the next process finds.
    pub(super) fn after_crash(mut self, unsynced: Unsynced) -> io::Result<Self> {
        if unsynced == Unsynced::Kept {
            return Ok(self);
        }
        let mut random = Random(if let Unsynced::Torn { seed } = unsynced { seed } else { 0 });
        let kept_names = match unsynced {
            Unsynced::Torn { .. } => random.below(self.journal.len() + 1),
            Unsynced::Cut { .. } => self.journal.len(),
            Unsynced::Lost | Unsynced::Kept => 0,
        };
        for change in std::mem::take(&mut self.journal).iter().take(kept_names) {
            self.apply_names(change, |folder| &mut folder.durable)?;
        }
        for node in &mut self.nodes {
            match node {
                Node::Folder(folder) => folder.live = folder.durable.clone(),
                Node::File(file) => file.crash(unsynced, &mut random),
            }
        }
        Ok(self)
    }
}

impl FileState {
    pub(super) fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            // What is written anew no longer depends on what became of the first try.
            self.forgotten.retain(|old| !old.overlaps(&change));
            change.apply(&mut self.durable);
        }
    }

    /// After a failed sync the kernel holds the pages for clean: they are readable and never written again.
    pub(super) fn fail_sync(&mut self) {
        self.forgotten.append(&mut self.pending);
    }

    /// Rots bytes where they lie, in the cache and on the disk.
    pub(super) fn rot(&mut self, edit: impl Fn(&mut Vec<u8>)) {
        edit(&mut self.live);
        edit(&mut self.durable);
    }

    fn crash(&mut self, unsynced: Unsynced, random: &mut Random) {
        let forgotten = std::mem::take(&mut self.forgotten);
        let pending = std::mem::take(&mut self.pending);
        match unsynced {
            Unsynced::Torn { .. } => {
                forgotten.iter().chain(&pending).for_each(|change| change.tear(&mut self.durable, random));
            }
            Unsynced::Cut { bytes } => {
                let last = pending.iter().rposition(|change| matches!(change, Change::Write { .. }));
                for (at, change) in pending.iter().enumerate() {
                    match change {
                        Change::Write { offset, bytes: all } if Some(at) == last => {
                            write_into(&mut self.durable, *offset, &all[..bytes.min(all.len())]);
                        }
                        change => change.apply(&mut self.durable),
                    }
                }
            }
            Unsynced::Lost | Unsynced::Kept => {}
        }
        self.live = self.durable.clone();
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => write_into(to, *offset, bytes),
            Self::SetLen(len) => to.resize(*len, 0),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Write { offset: a, bytes: a_bytes }, Self::Write { offset: b, bytes: b_bytes }) => {
                *a < b + b_bytes.len() && *b < a + a_bytes.len()
            }
            (Self::SetLen(_), Self::SetLen(_)) => true,
            _ => false,
        }
    }

    /// Applies some sectors of the change.
    fn tear(&self, to: &mut Vec<u8>, random: &mut Random) {
        let Self::Write { offset, bytes } = self else {
            if random.below(2) == 0 {
                self.apply(to);
            }
            return;
        };
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes.len().min(at + SECTOR - (offset + at) % SECTOR);
            if random.below(2) == 0 {
                write_into(to, offset + at, &bytes[at..end]);
            }
            at = end;
        }
    }
}

fn write_into(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(bytes);
}

fn name_of(part: Component<'_>) -> Option<&OsStr> {
    match part {
        Component::Normal(name) => Some(name),
        _ => None,
    }
}

/// SplitMix64: enough to choose sectors, and the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap_or_default()
    }
}
