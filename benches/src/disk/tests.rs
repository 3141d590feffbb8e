//! The measured sync leaves nothing behind.

use daymark_model::time::SystemClock;

use super::*;

#[test]
fn every_sync_is_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let samples = sync_times(folder.path(), 5, &SystemClock::new()).unwrap();
    assert_eq!(samples.len(), 5);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}
