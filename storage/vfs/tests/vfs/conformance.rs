//! Each check gets a file system and an empty folder on it.

use std::io::ErrorKind;
use std::path::Path;

use daymark_vfs::fault::FaultFs;
use daymark_vfs::{RealFs, Vfs};

type Check = fn(&dyn Vfs, &Path);

fn on_both(check: Check) {
    let folder = tempfile::tempdir().unwrap();
    check(&RealFs, folder.path());
    let fs = FaultFs::new();
    fs.create_dir_all(Path::new("/data")).unwrap();
    check(&fs, Path::new("/data"));
}

fn kind<T>(outcome: std::io::Result<T>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// Scenario: bytes are written out of order. Guarantee: they read back, with zeros in the hole.
#[test]
fn positioned_writes_read_back() {
    on_both(|fs, folder| {
        let path = folder.join("a");
        let file = fs.create(&path).unwrap();
        file.write_all_at(b"tail", 6).unwrap();
        file.write_all_at(b"head", 0).unwrap();
        file.sync().unwrap();
        assert_eq!(fs.read(&path).unwrap(), b"head\0\0tail");
        let mut bytes = [0; 4];
        fs.open(&path).unwrap().read_exact_at(&mut bytes, 6).unwrap();
        assert_eq!(&bytes, b"tail");
        assert_eq!(kind(file.read_exact_at(&mut bytes, 8)), Some(ErrorKind::UnexpectedEof));
    });
}

/// Scenario: a file is allocated, cut and allocated again. Guarantee: allocation only grows, with zeros.
#[test]
fn allocation_grows_with_zeros() {
    on_both(|fs, folder| {
        let path = folder.join("a");
        let file = fs.create(&path).unwrap();
        file.write_all_at(b"abcd", 0).unwrap();
        file.allocate(6).unwrap();
        file.allocate(2).unwrap();
        assert_eq!((file.len().unwrap(), fs.read(&path).unwrap()), (6, b"abcd\0\0".to_vec()));
        file.set_len(2).unwrap();
        file.allocate(4).unwrap();
        assert_eq!(fs.read(&path).unwrap(), b"ab\0\0");
    });
}

/// Scenario: names that are there or not. Guarantee: the kinds of error that callers branch on.
#[test]
fn errors_have_their_kinds() {
    on_both(|fs, folder| {
        let path = folder.join("a");
        assert_eq!(kind(fs.open(&path)), Some(ErrorKind::NotFound));
        assert_eq!(kind(fs.read(&path)), Some(ErrorKind::NotFound));
        assert_eq!(kind(fs.remove_file(&path)), Some(ErrorKind::NotFound));
        assert_eq!(kind(fs.rename(&path, &folder.join("b"))), Some(ErrorKind::NotFound));
        assert_eq!(kind(fs.read_dir(&folder.join("no"))), Some(ErrorKind::NotFound));
        assert_eq!(kind(fs.create(&folder.join("no/a"))), Some(ErrorKind::NotFound));
        fs.create(&path).unwrap();
        assert_eq!(kind(fs.create(&path)), Some(ErrorKind::AlreadyExists));
    });
}

/// Scenario: folders are made, listed and removed. Guarantee: full paths in name order, making twice is fine.
#[test]
fn folders_list_in_name_order() {
    on_both(|fs, folder| {
        let inner = folder.join("x/y");
        fs.create_dir_all(&inner).unwrap();
        fs.create_dir_all(&inner).unwrap();
        for name in ["c", "a", "b"] {
            fs.create(&inner.join(name)).unwrap();
        }
        fs.sync_dir(&inner).unwrap();
        assert_eq!(fs.read_dir(&inner).unwrap(), ["a", "b", "c"].map(|name| inner.join(name)));
        fs.remove_dir_all(&folder.join("x")).unwrap();
        assert!(fs.read_dir(folder).unwrap().is_empty());
    });
}

/// Scenario: an open file is renamed over another, then removed. Guarantee: the handle stays on its file.
#[test]
fn handles_follow_the_file_not_the_name() {
    on_both(|fs, folder| {
        let (a, b) = (folder.join("a"), folder.join("b"));
        let file = fs.create(&a).unwrap();
        fs.create(&b).unwrap().write_all_at(b"old", 0).unwrap();
        fs.rename(&a, &b).unwrap();
        file.write_all_at(b"new", 0).unwrap();
        assert_eq!(fs.read(&b).unwrap(), b"new");
        fs.remove_file(&b).unwrap();
        file.sync().unwrap();
        assert_eq!(file.len().unwrap(), 3);
        assert!(fs.read_dir(folder).unwrap().is_empty());
    });
}
