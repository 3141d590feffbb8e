//! A batch that comes again is answered and not stored again: at once, after a crash, after a flush.

use daymark_model::reason::Deduplicated;
use daymark_model::signal::Table;
use daymark_storage::ledger::Entry;

use crate::estate::{Estate, admitted, minute};
use daymark_model::intake::Intake;

fn repeats(estate: &Estate) -> u64 {
    let entry = Entry::Deduplicated(Deduplicated::Batch);
    estate.store().balances().iter().filter_map(|one| one.entries.get(&entry)).map(|count| count.items).sum()
}

#[test]
fn a_resent_batch_is_stored_once() {
    let (requests, truth) = minute(10);
    let mut estate = Estate::new();
    estate.send_all(&requests);
    for again in 0..3 {
        for request in &requests {
            assert!(estate.send(request).unwrap().repeated, "round {again}");
        }
        assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans);
        estate.assert_balanced();
        if again == 0 {
            estate.crash();
        } else {
            estate.flush();
            estate.close();
        }
        estate.open();
    }
    assert!(repeats(&estate) >= truth.spans, "repeats are counted");
}

#[test]
fn the_same_batch_from_many_at_once_is_stored_once() {
    let (requests, _) = minute(11);
    let estate = Estate::new();
    let request = requests.iter().find(|request| request.signal == daymark_workload::Signal::Spans).unwrap();
    let receipts = estate.wait(async {
        let all = (0..20).map(|_| estate.store().submit(admitted(request)));
        futures::future::join_all(all).await
    });
    let fresh = receipts.into_iter().filter(|receipt| !receipt.as_ref().unwrap().repeated).count();
    assert_eq!(fresh, 1);
    assert_eq!(estate.rows()[&Table::Spans] as u64, request.items as u64);
    estate.assert_balanced();
}
