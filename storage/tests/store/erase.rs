//! An erased trace stays away: from buffers, from segments, from a replay; its neighbours stay.

use daymark_model::id::TraceId;
use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::signal::Table;

use crate::estate::{Estate, minute};

/// The id of some trace that has spans and logs.
pub(crate) fn some_trace(estate: &Estate) -> TraceId {
    let logs = estate.column(Table::Logs, "trace_id");
    let hex = estate.column(Table::Spans, "trace_id").into_iter().find(|id| logs.contains(id)).unwrap();
    let id = u128::from_str_radix(&hex, 16).unwrap();
    TraceId(id.to_be_bytes())
}

pub(crate) fn rows_of(estate: &Estate, id: TraceId) -> usize {
    let tables = [Table::Spans, Table::Logs, Table::Exemplars];
    let ids = tables.into_iter().flat_map(|table| estate.column(table, "trace_id"));
    ids.filter(|other| *other == id.to_string()).count()
}

fn erased_stays_away(flush_before: bool, flush_after: bool) {
    let (requests, _) = minute(20);
    let mut estate = Estate::new();
    estate.send_all(&requests);
    if flush_before {
        estate.flush();
    }
    let before: usize = estate.rows().values().sum();
    let id = some_trace(&estate);
    let erased = rows_of(&estate, id);
    assert!(erased > 1);
    estate.wait(estate.store().erase_trace(DEFAULT_TENANT, id)).unwrap();
    for _ in 0..2 {
        assert_eq!(rows_of(&estate, id), 0);
        assert_eq!(estate.rows().values().sum::<usize>(), before - erased);
        estate.assert_balanced();
        if flush_after {
            estate.flush();
        }
        estate.crash();
        estate.open();
    }
}

#[test]
fn erased_from_the_buffer() {
    erased_stays_away(false, false);
}

#[test]
fn erased_from_the_buffer_and_flushed() {
    erased_stays_away(false, true);
}

#[test]
fn erased_from_segments() {
    erased_stays_away(true, true);
}
