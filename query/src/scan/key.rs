//! An attribute that a query asks for: where to look for it, and the hidden column that carries it.
//!
//! `attr('http.route')` looks at the record, then at its resource; a prefix such as `resource.` chooses one
//! level. A prefix means a level only in tables that have it, so `attr('event.name')` of a log is a plain key.

use arrow::datatypes::{DataType, Field};
use daymark_model::signal::Table;

/// Where an attribute is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The record's own, else its resource's.
    Any,
    Own,
    Resource,
    Scope,
    /// The first event that has it.
    Event,
    /// The first link that has it.
    Link,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// Asked for as a number.
    pub(crate) is_number: bool,
    /// As the query wrote it.
    spelled: String,
}

impl Key {
    /// The key that a query spelled so for a table.
    pub(crate) fn new(table: Table, spelled: &str, is_number: bool) -> Self {
        let (place, name) = place(table, spelled);
        Self { place, name: name.into(), is_number, spelled: spelled.into() }
    }

    /// The hidden column. No public column has a colon.
    pub(crate) fn column(&self) -> String {
        let function = if self.is_number { "attr_num" } else { "attr" };
        format!("{function}:{}", self.spelled)
    }

    pub(crate) fn field(&self) -> Field {
        let kind = if self.is_number { DataType::Float64 } else { DataType::Utf8 };
        Field::new(self.column(), kind, true)
    }
}

fn place(table: Table, spelled: &str) -> (Place, &str) {
    let levels: &[(&str, Place)] = match table {
        Table::Spans => &[
            ("span.", Place::Own),
            ("resource.", Place::Resource),
            ("scope.", Place::Scope),
            ("event.", Place::Event),
            ("link.", Place::Link),
        ],
        Table::Logs => &[("log.", Place::Own), ("resource.", Place::Resource), ("scope.", Place::Scope)],
        Table::Exemplars => &[],
        _ => &[("resource.", Place::Resource), ("scope.", Place::Scope)],
    };
    levels
        .iter()
        .find_map(|(prefix, place)| Some((*place, spelled.strip_prefix(prefix)?)))
        .unwrap_or((Place::Any, spelled))
}
