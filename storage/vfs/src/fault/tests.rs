//! What the faulty file system keeps, loses and refuses.

use std::path::Path;

use super::{Fault, FaultFs, Op, Unsynced};
use crate::Vfs;

const FOLDER: &str = "/data";
const FILE: &str = "/data/a";

/// A durable folder with one durable file that holds `one`.
fn with_file() -> FaultFs {
    let fs = FaultFs::new();
    fs.create_dir_all(Path::new(FOLDER)).unwrap();
    fs.sync_dir(Path::new("/")).unwrap();
    let file = fs.create(Path::new(FILE)).unwrap();
    file.write_all_at(b"one", 0).unwrap();
    file.sync().unwrap();
    fs.sync_dir(Path::new(FOLDER)).unwrap();
    fs
}

fn content(fs: &FaultFs, path: &str) -> Option<Vec<u8>> {
    fs.read(Path::new(path)).ok()
}

/// Scenario: a file is changed without a sync. Guarantee: each kind of crash leaves what it says.
#[test]
fn unsynced_bytes_survive_only_as_told() {
    for (unsynced, expected) in [
        (Unsynced::Lost, &b"one"[..]),
        (Unsynced::Kept, b"two, longer"),
        (Unsynced::Cut { bytes: 0 }, b"one"),
        (Unsynced::Cut { bytes: 3 }, b"two"),
        (Unsynced::Cut { bytes: 100 }, b"two, longer"),
    ] {
        let fs = with_file();
        fs.open(Path::new(FILE)).unwrap().write_all_at(b"two, longer", 0).unwrap();
        assert_eq!(content(&fs.crash(unsynced), FILE).as_deref(), Some(expected), "{unsynced:?}");
    }
}

/// Scenario: a write of many sectors is torn. Guarantee: every sector is old or new, and seeds differ.
#[test]
fn a_torn_write_mixes_whole_sectors() {
    let mut outcomes = Vec::new();
    for seed in 0..8 {
        let fs = with_file();
        let file = fs.open(Path::new(FILE)).unwrap();
        file.write_all_at(&[1; 4096], 0).unwrap();
        file.sync().unwrap();
        file.write_all_at(&[2; 4096], 0).unwrap();
        let bytes = content(&fs.crash(Unsynced::Torn { seed }), FILE).unwrap();
        assert!(bytes.chunks(512).all(|sector| sector == [1; 512] || sector == [2; 512]), "seed {seed}");
        outcomes.push(bytes);
    }
    outcomes.dedup();
    assert!(outcomes.len() > 4);
}

/// Scenario: the process is killed, then the power fails. Guarantee: the kill made nothing durable.
#[test]
fn a_killed_process_makes_nothing_durable() {
    let fs = with_file();
    fs.open(Path::new(FILE)).unwrap().write_all_at(b"two", 0).unwrap();
    let killed = fs.crash(Unsynced::Kept);
    assert_eq!(content(&killed, FILE).unwrap(), b"two");
    assert_eq!(content(&killed.crash(Unsynced::Lost), FILE).unwrap(), b"one");
}

/// Scenario: names change, and the folder is synced or not. Guarantee: names are as durable as their folder.
#[test]
fn names_need_a_sync_of_their_folder() {
    let new = Path::new("/data/b");
    type Change = fn(&FaultFs);
    let create: Change = |fs| drop(fs.create(Path::new("/data/b")).unwrap());
    let rename: Change = |fs| fs.rename(Path::new(FILE), Path::new("/data/b")).unwrap();
    let remove: Change = |fs| fs.remove_file(Path::new(FILE)).unwrap();
    for (change, name) in [(create, "create"), (rename, "rename"), (remove, "remove")] {
        let fs = with_file();
        change(&fs);
        let expected = (content(&fs, FILE), content(&fs, "/data/b"));
        let cut = fs.crash(Unsynced::Lost);
        assert_eq!((content(&cut, FILE).as_deref(), cut.read(new).ok()), (Some(&b"one"[..]), None), "{name}");

        let fs = with_file();
        change(&fs);
        fs.sync_dir(Path::new(FOLDER)).unwrap();
        let cut = fs.crash(Unsynced::Lost);
        assert_eq!((content(&cut, FILE), content(&cut, "/data/b")), expected, "{name}, synced");
    }
}

/// Scenario: a folder with synced files is renamed into another. Guarantee: after a sync of either of the two it
/// is found under exactly the new name, without one under exactly the old.
#[test]
fn a_renamed_folder_is_under_one_name() {
    for (synced, is_moved) in [(None, false), (Some("/"), true), (Some("/done"), true)] {
        let fs = with_file();
        fs.create_dir_all(Path::new("/done")).unwrap();
        fs.sync_dir(Path::new("/")).unwrap();
        fs.rename(Path::new(FOLDER), Path::new("/done/data")).unwrap();
        synced.into_iter().for_each(|folder| fs.sync_dir(Path::new(folder)).unwrap());
        let cut = fs.crash(Unsynced::Lost);
        assert_eq!(content(&cut, FILE).is_none(), is_moved, "{synced:?}");
        assert_eq!(content(&cut, "/done/data/a").is_some(), is_moved, "{synced:?}");
    }
}

/// Scenario: a sync fails and the next succeeds. Guarantee: the bytes are readable but never durable, unless
/// they are written again.
#[test]
fn a_failed_sync_forgets_its_pages() {
    for again in [false, true] {
        let fs = with_file();
        let file = fs.open(Path::new(FILE)).unwrap();
        fs.fail(Op::Sync, 1, Fault::Io);
        file.write_all_at(b"two", 0).unwrap();
        file.sync().unwrap_err();
        assert_eq!(content(&fs, FILE).unwrap(), b"two");
        if again {
            file.write_all_at(b"two", 0).unwrap();
        }
        file.sync().unwrap();
        let expected: &[u8] = if again { b"two" } else { b"one" };
        assert_eq!(content(&fs.crash(Unsynced::Lost), FILE).unwrap(), expected);
    }
}

/// Scenario: the n-th write fails once, or from then on. Guarantee: exactly those fail, with that error.
#[test]
fn rules_hit_the_operation_they_name() {
    let fs = with_file();
    let file = fs.open(Path::new(FILE)).unwrap();
    fs.fail(Op::Write, 2, Fault::Interrupted);
    fs.fail_from(Op::Write, 4, Fault::Full);
    let outcomes: Vec<_> = (0..5).map(|_| file.write_all_at(b"x", 0).map_err(|error| error.kind())).collect();
    let (interrupted, full) = (std::io::ErrorKind::Interrupted, std::io::ErrorKind::StorageFull);
    assert_eq!(outcomes, [Ok(()), Err(interrupted), Ok(()), Err(full), Err(full)]);
    fs.heal();
    file.write_all_at(b"x", 0).unwrap();
    assert_eq!(fs.log().iter().filter(|event| event.fault.is_some()).count(), 3);
}

/// Scenario: the disk fills up in the middle of a write. Guarantee: the first half is there.
#[test]
fn a_short_write_stores_half() {
    let fs = with_file();
    fs.fail(Op::Write, 1, Fault::Short);
    fs.open(Path::new(FILE)).unwrap().write_all_at(b"TWOtwo", 0).unwrap_err();
    assert_eq!(content(&fs, FILE).unwrap(), b"TWO");
}

/// Scenario: a sync is held up. Guarantee: it is on record, does not end before it is let go, and then does.
#[test]
fn a_held_operation_waits() {
    let fs = with_file();
    let file = fs.open(Path::new(FILE)).unwrap();
    fs.hold(Op::Sync);
    file.write_all_at(b"two", 0).unwrap();
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| file.sync());
        fs.wait_for(Op::Sync, 2);
        assert!(!sync.is_finished());
        fs.let_go(Op::Sync);
        sync.join().unwrap().unwrap();
    });
    assert_eq!(content(&fs.crash(Unsynced::Lost), FILE).unwrap(), b"two");
}

/// Scenario: a process lives on after its crash. Guarantee: it can change nothing the next one sees.
#[test]
fn the_dead_cannot_write() {
    let fs = with_file();
    let file = fs.open(Path::new(FILE)).unwrap();
    let next = fs.crash(Unsynced::Kept);
    file.write_all_at(b"two", 0).unwrap_err();
    file.sync().unwrap_err();
    fs.remove_file(Path::new(FILE)).unwrap_err();
    assert_eq!(content(&next, FILE).unwrap(), b"one");
}
