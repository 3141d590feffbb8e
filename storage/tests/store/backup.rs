//! A backup that is taken while batches come in holds what was acknowledged before, whole, and is clean.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daymark_model::intake::Intake;
use daymark_storage::Repairs;
use tokio::sync::Notify;

use crate::catalog::lived_in;
use crate::estate::{Estate, admitted, minute, verify_at};

#[test]
fn a_backup_under_load_is_a_snapshot() {
    let mut estate = lived_in();
    estate.open();
    let before = estate.answers();
    let (more, _) = minute(51);
    let dir = tempfile::tempdir().unwrap();
    let (store, backup) = (estate.store().clone(), dir.path().join("backup"));
    let done = Arc::new(AtomicBool::new(false));
    let (begun, until) = (Arc::new(Notify::new()), Arc::clone(&done));
    let told = Arc::clone(&begun);
    let copied = estate.wait(async {
        let sending = store.clone();
        let sender = tokio::spawn(async move {
            // Later rounds repeat batches, which changes nothing.
            for request in more.iter().cycle() {
                sending.submit(admitted(request)).await.unwrap();
                told.notify_one();
                if until.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        begun.notified().await;
        let copied = store.back_up(&backup).await.unwrap();
        assert!(store.back_up(&backup).await.is_err(), "a backup is not written over");
        done.store(true, Ordering::SeqCst);
        sender.await.unwrap();
        copied
    });
    assert!(copied.segments > 0 && copied.lsn > 0);
    let after = estate.answers();
    let report = verify_at(&backup, Repairs::default());
    assert!(report.is_clean(), "{report:#?}");

    let place = dir.path().join("restored");
    estate.wait(daymark_storage::restore(&backup, &place)).unwrap();
    let report = verify_at(&place, Repairs::default());
    assert!(report.is_clean(), "{report:#?}");
    let mut restored = Estate::on(place);
    restored.open();
    let answers = restored.answers();
    assert!(before.are_part_of(&answers), "what was acknowledged before is there");
    assert!(answers.are_part_of(&after), "and nothing else than what was sent");
    restored.assert_balanced();
}

#[test]
fn a_backup_of_a_closed_folder_answers_the_same() {
    let mut estate = lived_in();
    let dir = tempfile::tempdir().unwrap();
    let (backup, place) = (dir.path().join("backup"), dir.path().join("restored"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(daymark_storage::back_up(estate.path(), &backup)).unwrap();
    runtime.block_on(daymark_storage::restore(&backup, &place)).unwrap();
    estate.open();
    let mut restored = Estate::on(place);
    restored.open();
    let (here, there) = (estate.answers(), restored.answers());
    assert!(here.rows == there.rows && here.described == there.described);
    restored.assert_balanced();
}
