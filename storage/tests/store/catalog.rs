//! A damaged catalog is refused at the start, with what to do, and made anew out of the folders.

use daymark_model::origin::DEFAULT_TENANT;
use daymark_storage::Repairs;
use daymark_storage::objects::Kind;
use daymark_workload::{Request, Signal};

use crate::erase::{rows_of, some_trace};
use crate::estate::{Estate, sip};

const REBUILD: Repairs = Repairs { catalog: true, indexes: false };

/// A closed estate with merged and unmerged segments, an erased trace, and batches that are only in the log.
pub(crate) fn lived_in() -> Estate {
    let requests = sip(30, 50);
    let mut estate = Estate::small();
    let parts = dealt(&requests, 3);
    estate.send_all(&parts[0]);
    estate.wait(estate.store().settle()).unwrap();
    let id = some_trace(&estate);
    estate.wait(estate.store().erase_trace(DEFAULT_TENANT, id)).unwrap();
    assert_eq!(rows_of(&estate, id), 0);
    estate.send_all(&parts[1]);
    estate.flush();
    estate.send_all(&parts[2]);
    estate.wait(estate.store().new_object(views(), "{}".into())).unwrap();
    estate.close();
    estate
}

fn views() -> Kind {
    Kind { tenant: DEFAULT_TENANT.into(), name: "view", most: 10 }
}

/// Parts of about the same size, each with all signals.
pub(crate) fn dealt(requests: &[Request], parts: usize) -> Vec<Vec<Request>> {
    let mut dealt = vec![Vec::new(); parts];
    for signal in [Signal::Spans, Signal::Logs, Signal::Metrics] {
        let of_signal = requests.iter().filter(|request| request.signal == signal);
        for (number, request) in of_signal.enumerate() {
            dealt[number % parts].push(request.clone());
        }
    }
    dealt
}

#[test]
fn an_untouched_folder_is_clean() {
    let report = lived_in().verify(Repairs::default());
    assert!(report.is_clean(), "{report:#?}");
    assert!(report.segments > 5 && report.log_records > 0 && report.accounts >= 3, "{report:#?}");
}

/// SQLite finds each of these catalogs sound.
#[test]
fn a_changed_value_is_refused_and_made_anew() {
    let mut estate = lived_in();
    let twin = estate.twin();
    estate.open();
    let whole = estate.answers();
    for change in [
        "UPDATE ledger SET items = items + 1 WHERE item = 'accepted'",
        "UPDATE segments SET hidden = NULL WHERE hidden IS NOT NULL",
        "UPDATE segments SET rows = 1 WHERE tbl = 'spans'",
        "UPDATE wal SET low = 1",
        "UPDATE about SET value = '01ARZ3NDEKTSV4RRFFQ69G5FAV'",
        "UPDATE dropped SET crc = crc + 1",
        "DELETE FROM dropped",
        "DELETE FROM segments",
        "UPDATE objects SET version = 7",
        "DELETE FROM seals",
        "DROP TABLE ledger",
        "DROP TABLE segments",
    ] {
        let mut estate = twin.twin();
        estate.change_catalog(change);
        let refusal = estate.refusal().to_string();
        assert!(refusal.contains("daymark verify --rebuild-catalog"), "{change}: {refusal}");
        assert!(!estate.verify(Repairs::default()).is_clean(), "{change}");
        let report = estate.verify(REBUILD);
        assert!(report.is_clean(), "{change}: {report:#?}");
        estate.open();
        let answers = estate.answers();
        assert_eq!(answers.rows.len(), whole.rows.len(), "{change}");
        assert!(answers.rows == whole.rows && !answers.is_partial, "{change}");
        estate.assert_balanced();
        let kept = estate.wait(estate.store().objects(&views())).unwrap();
        assert!(change.contains("objects") || kept.len() == 1, "{change}: {kept:?}");
    }
}

/// Without a catalog a server would take the folders for leftovers.
#[test]
fn a_missing_catalog_is_refused_and_made_anew() {
    let mut estate = lived_in();
    let mut twin = estate.twin();
    estate.open();
    let whole = estate.answers();
    std::fs::remove_file(twin.path().join("catalog.db")).unwrap();
    let refusal = twin.refusal().to_string();
    assert!(refusal.contains("daymark verify --rebuild-catalog"), "{refusal}");
    let report = twin.verify(REBUILD);
    assert!(report.is_clean(), "{report:#?}");
    twin.open();
    // The list of erased traces went with the catalog; all else is there.
    let again = twin.answers();
    let mut rows = again.rows.iter();
    assert!(whole.rows.iter().all(|row| rows.any(|other| other == row)));
    assert!(again.rows.len() < whole.rows.len() + 200, "{} {}", again.rows.len(), whole.rows.len());
    twin.assert_balanced();
}
