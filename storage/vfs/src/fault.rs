//! [`FaultFs`]: a file system in memory for tests of durable code. What is not synced is lost by
//! [`FaultFs::crash`], the n-th operation of a kind fails as told, an operation can be held up, and every
//! operation is on record.
//!
//! What must stay true: contents are durable only by a sync of the file, names only by a sync of their
//! folder, and what a failed sync left behind is readable but never becomes durable by a later sync.

mod disk;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use self::disk::{Change, Disk, FileState, FolderState, Inode, Node};
use crate::{Space, Vfs, VfsFile};

pub use self::disk::Unsynced;

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Create,
    Open,
    Read,
    Write,
    Allocate,
    SetLen,
    Sync,
    CreateDir,
    ReadDir,
    Rename,
    Remove,
    SyncDir,
}

impl Op {
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Open,
        Self::Read,
        Self::Write,
        Self::Allocate,
        Self::SetLen,
        Self::Sync,
        Self::CreateDir,
        Self::ReadDir,
        Self::Rename,
        Self::Remove,
        Self::SyncDir,
    ];
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device failed.
    Io,
    /// The disk is full.
    Full,
    Interrupted,
    /// The file system was mounted read-only after an error.
    ReadOnly,
    /// A write stores its first half, then the disk is full; other operations fail as with `Full`.
    Short,
}

impl Fault {
    fn error(self) -> io::Error {
        match self {
            Self::Io => Errno::IO,
            Self::Full | Self::Short => Errno::NOSPC,
            Self::Interrupted => Errno::INTR,
            Self::ReadOnly => Errno::ROFS,
        }
        .into()
    }
}

/// An operation that was asked for, whether it failed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub op: Op,
    pub path: PathBuf,
    pub fault: Option<Fault>,
}

#[derive(Debug)]
struct Rule {
    op: Op,
    /// Operations of this kind that still succeed.
    after: usize,
    fault: Fault,
    /// Whether the rule stays until [`FaultFs::heal`].
    lasting: bool,
}

#[derive(Debug)]
struct State {
    disk: Disk,
    rules: Vec<Rule>,
    held: Vec<Op>,
    log: Vec<Event>,
    crashed: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The faulty file system. Clones share one state.
#[derive(Clone, Debug)]
pub struct FaultFs(Arc<Shared>);

impl Default for FaultFs {
    fn default() -> Self {
        Self::new()
    }
}

impl FaultFs {
    /// An empty file system whose root exists.
    pub fn new() -> Self {
        Self::with_disk(Disk::new())
    }

    fn with_disk(disk: Disk) -> Self {
        let state = State { disk, rules: Vec::new(), held: Vec::new(), log: Vec::new(), crashed: false };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Ends this file system for its users, whose every further operation fails, and returns what the next
    /// process finds.
    pub fn crash(&self, unsynced: Unsynced) -> Self {
        let mut state = self.state();
        state.crashed = true;
        state.held.clear();
        self.0.changed.notify_all();
        Self::with_disk(state.disk.clone().after_crash(unsynced).expect("names only ever lie in folders"))
    }

    /// Lets the `nth` operation of this kind from now on fail, once; 1 is the next.
    pub fn fail(&self, op: Op, nth: usize, fault: Fault) {
        self.state().rules.push(Rule { op, after: nth.saturating_sub(1), fault, lasting: false });
    }

    /// Lets the `nth` operation of this kind and all after it fail until [`Self::heal`].
    pub fn fail_from(&self, op: Op, nth: usize, fault: Fault) {
        self.state().rules.push(Rule { op, after: nth.saturating_sub(1), fault, lasting: true });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.state().rules.clear();
    }

    /// Holds up operations of this kind, begun from now on, until [`Self::let_go`].
    pub fn hold(&self, op: Op) {
        self.state().held.push(op);
    }

    pub fn let_go(&self, op: Op) {
        self.state().held.retain(|held| *held != op);
        self.0.changed.notify_all();
    }

    /// Waits until `count` operations of this kind were begun, held up ones among them.
    pub fn wait_for(&self, op: Op, count: usize) {
        let enough = |state: &mut State| state.log.iter().filter(|event| event.op == op).count() < count;
        drop(self.0.changed.wait_while(self.state(), enough));
    }

    /// Everything that was asked for, in order.
    pub fn log(&self) -> Vec<Event> {
        self.state().log.clone()
    }

    /// How many operations of this kind were begun.
    pub fn count(&self, op: Op) -> usize {
        self.state().log.iter().filter(|event| event.op == op).count()
    }

    /// Changes a file behind everybody's back, as decay of the disk does; durable and off the record.
    pub fn rot(&self, path: &Path, edit: impl Fn(&mut Vec<u8>)) -> io::Result<()> {
        let mut state = self.state();
        let inode = state.disk.find(path)?;
        state.disk.file_mut(inode)?.rot(edit);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an operation, waits while its kind is held up, and says how it is to fail.
    fn begin(&self, op: Op, path: &Path) -> io::Result<(MutexGuard<'_, State>, Option<Fault>)> {
        let mut state = self.state();
        let fault = state.next_fault(op);
        state.log.push(Event { op, path: path.into(), fault });
        self.0.changed.notify_all();
        state = self
            .0
            .changed
            .wait_while(state, |state| state.held.contains(&op))
            .unwrap_or_else(PoisonError::into_inner);
        if state.crashed { Err(Errno::IO.into()) } else { Ok((state, fault)) }
    }

    /// As [`Self::begin`], for operations that fail without a trace.
    fn begin_whole(&self, op: Op, path: &Path) -> io::Result<MutexGuard<'_, State>> {
        match self.begin(op, path)? {
            (_, Some(fault)) => Err(fault.error()),
            (state, None) => Ok(state),
        }
    }

    fn handle(&self, inode: Inode, path: &Path) -> Box<dyn VfsFile> {
        Box::new(FaultFile { fs: self.clone(), inode, path: path.into() })
    }
}

impl State {
    fn next_fault(&mut self, op: Op) -> Option<Fault> {
        let mut fault = None;
        self.rules.retain_mut(|rule| {
            if rule.op != op {
                return true;
            }
            if rule.after > 0 {
                rule.after -= 1;
                return true;
            }
            fault = Some(rule.fault);
            rule.lasting
        });
        fault
    }
}

impl Vfs for FaultFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        let inode = self.begin_whole(Op::Create, path)?.disk.add(path, Node::File(FileState::default()))?;
        Ok(self.handle(inode, path))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        let state = self.begin_whole(Op::Open, path)?;
        let inode = state.disk.find(path)?;
        state.disk.file(inode)?;
        drop(state);
        Ok(self.handle(inode, path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.begin_whole(Op::Read, path)?;
        Ok(state.disk.file(state.disk.find(path)?)?.live.clone())
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.begin_whole(Op::CreateDir, path)?;
        let parents: Vec<&Path> = path.ancestors().collect();
        for parent in parents.into_iter().rev() {
            match state.disk.find(parent) {
                Ok(inode) => drop(state.disk.folder(inode)?),
                Err(_) => drop(state.disk.add(parent, Node::Folder(FolderState::default()))?),
            }
        }
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.begin_whole(Op::ReadDir, path)?;
        let folder = state.disk.folder(state.disk.find(path)?)?;
        Ok(folder.live.keys().map(|name| path.join(name)).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.begin_whole(Op::Rename, from)?.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.begin_whole(Op::Remove, path)?;
        state.disk.file(state.disk.find(path)?)?;
        state.disk.remove(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.begin_whole(Op::Remove, path)?;
        state.disk.folder(state.disk.find(path)?)?;
        state.disk.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.begin_whole(Op::SyncDir, path)?;
        let inode = state.disk.find(path)?;
        state.disk.sync_folder(inode)
    }

    /// There is no end to it; a full disk is a fault.
    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(Space { total: u64::MAX, free: u64::MAX })
    }
}

#[derive(Debug)]
struct FaultFile {
    fs: FaultFs,
    inode: Inode,
    /// The name it was opened by, for the record.
    path: PathBuf,
}

impl FaultFile {
    fn change(&self, op: Op, change: Change) -> io::Result<()> {
        self.fs.begin_whole(op, &self.path)?.disk.file_mut(self.inode)?.change(change);
        Ok(())
    }
}

impl VfsFile for FaultFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut state, fault) = self.fs.begin(Op::Write, &self.path)?;
        let stored = match fault {
            None => bytes,
            Some(Fault::Short) => &bytes[..bytes.len() / 2],
            Some(fault) => return Err(fault.error()),
        };
        let change = Change::Write { offset: place(offset)?, bytes: stored.into() };
        state.disk.file_mut(self.inode)?.change(change);
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.fs.begin_whole(Op::Read, &self.path)?;
        let from = place(offset)?;
        let found = state.disk.file(self.inode)?.live.get(from..from + bytes.len());
        bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let len = place(len)?.max(place(self.len()?)?);
        self.change(Op::Allocate, Change::SetLen(len))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Op::SetLen, Change::SetLen(place(len)?))
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.fs.state();
        if state.crashed {
            return Err(Errno::IO.into());
        }
        Ok(state.disk.file(self.inode)?.live.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let (mut state, fault) = self.fs.begin(Op::Sync, &self.path)?;
        let file = state.disk.file_mut(self.inode)?;
        match fault {
            None => {
                file.sync();
                Ok(())
            }
            Some(fault) => {
                file.fail_sync();
                Err(fault.error())
            }
        }
    }
}

fn place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
}
