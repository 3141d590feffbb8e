//! Where the values of each attribute key go, found anew for each file from its own rows: to the set, to a
//! column of their own, or to the list of the rest.

use std::collections::{HashMap, HashSet};

use daymark_model::limits::OWN_COLUMNS;
use daymark_model::signal::Table;

use super::Input;
use crate::attributes::has_attributes;
use crate::error::Result;
use crate::layout::block_rows;
use crate::meta::OwnColumn;
use crate::projection::{own_name, own_type};
use crate::ranges::RowRanges;

/// Counting keys and values.
mod census;
/// Which keys pay in the set.
mod sample;

use census::Census;

/// A key in fewer than one of this many rows stays in the list.
const RARE: usize = 2_000;
/// Rows that are counted: some blocks of each input when there are more.
const COUNTED_ROWS: usize = 131_072;

/// The place of the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The number of the key among those of the set.
    Set(usize),
    /// The number of the own column. A value that does not fit there goes to the list.
    Own(usize),
    Rest,
}

/// The rows of an input that lie in one of so many blocks.
fn counted(table: Table, input: &Input, every: usize) -> RowRanges {
    let (size, all) = (block_rows(table), input.segment.meta().rows as usize);
    let blocks = (0..all).step_by(size * every).map(|start| start as u32..(start + size).min(all) as u32);
    input.rows.intersect(&blocks.collect())
}

#[derive(Debug, Default)]
pub(super) struct Classes {
    own: Vec<OwnColumn>,
    slots: HashMap<(String, u8), usize>,
    set: Vec<String>,
}

impl Classes {
    /// Counts the keys of the rows that are merged, or of a part of them: attributes are the most there is to
    /// read, and a key that is missed or misjudged only stands in another place.
    pub(super) fn of(table: Table, inputs: &[Input], rows: usize) -> Result<Self> {
        if !has_attributes(table) {
            return Ok(Self::default());
        }
        let every = rows.div_ceil(COUNTED_ROWS).max(1);
        let mut census = Census::new(rows / every);
        for input in inputs {
            census.count(table, input, &counted(table, input, every))?;
        }
        let rows = census.rows();
        let is_common = |count: usize| count * RARE >= rows;
        let mut set = census.set_keys(is_common);
        set.sort_unstable();
        let mut common: Vec<_> = census.counts().filter(|(.., rows)| is_common(*rows)).collect();
        common.retain(|(key, ..)| set.binary_search_by(|other| other.as_str().cmp(key)).is_err());
        common.sort_by(|(a, a_kind, a_rows), (b, b_kind, b_rows)| {
            b_rows.cmp(a_rows).then_with(|| (a, a_kind).cmp(&(b, b_kind)))
        });
        let mut classes = Self { set, ..Self::default() };
        let mut names = HashSet::new();
        for (key, kind, _) in common {
            let Some((suffix, _)) = own_type(kind) else { continue };
            let name = own_name(key, suffix);
            // A key may itself end in the suffix of another's type: the rarer of the two stays in the list.
            if classes.own.len() < OWN_COLUMNS && names.insert(name.clone()) {
                classes.slots.insert((key.to_owned(), kind), classes.own.len());
                classes.own.push(OwnColumn { key: key.to_owned(), kind, column: name });
            }
        }
        Ok(classes)
    }

    pub(super) fn own(&self) -> &[OwnColumn] {
        &self.own
    }

    /// The keys of the set, in the order of their bytes.
    pub(super) fn set(&self) -> &[String] {
        &self.set
    }

    /// Own columns and keys of the set.
    pub(super) fn into_parts(self) -> (Vec<OwnColumn>, Vec<String>) {
        (self.own, self.set)
    }

    /// Where the values of a type of a key go.
    pub(super) fn place(&self, key: &str, kind: u8) -> Place {
        if let Ok(slot) = self.set.binary_search_by(|other| other.as_str().cmp(key)) {
            return Place::Set(slot);
        }
        self.slots.get(&(key.to_owned(), kind)).map_or(Place::Rest, |slot| Place::Own(*slot))
    }
}
