//! The directory is owned by one process at a time, and paths say the hour in UTC.

use daymark_model::origin::{DEFAULT_TENANT, OWN_TENANT};

use super::*;

#[test]
fn a_second_owner_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Folder::open(dir.path()).unwrap();
    assert!(matches!(Folder::open(dir.path()), Err(Error::InUse { .. })));
    drop(first);
    Folder::open(dir.path()).unwrap();
}

#[test]
fn unfinished_work_is_cleared() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("tmp/01ABC")).unwrap();
    fs::write(dir.path().join("tmp/01ABC/data.parquet"), b"half").unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(folder.tmp()).unwrap().count(), 0);
}

#[test]
fn the_calendar_agrees_with_known_instants() {
    for (seconds, date, hour) in [
        (0, "1970-01-01", 0),
        (951_782_400, "2000-02-29", 0),
        (1_763_690_712, "2025-11-21", 2),
        (-1, "1969-12-31", 23),
        (4_102_444_799, "2099-12-31", 23),
    ] {
        assert_eq!(calendar(seconds * 1_000_000_000), (date.to_owned(), hour), "{seconds}");
    }
}

/// Foreign readers name the folders.
#[test]
fn the_folders_of_the_known_tenants_are_as_documented() {
    for (tenant, folder) in [(DEFAULT_TENANT, "f78761cf8c3621e8"), (OWN_TENANT, "4c400c24eddfbd8c")] {
        let place = Folder::segment(tenant, Table::Spans, 0, "ID");
        let expected = format!("segments/{folder}/spans/date=1970-01-01/hour=00/ID");
        assert_eq!(place, Path::new(&expected));
    }
}
