//! Which attribute keys get a column of their own, found anew for each file from its own rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::Array;
use daymark_model::limits::OWN_COLUMNS;
use daymark_model::signal::Table;

use super::{BATCH_ROWS, Input};
use crate::attributes::{AttributeLists, REST, has_attributes};
use crate::error::Result;
use crate::meta::OwnColumn;
use crate::projection::{column, own_name, own_type};

/// A key in fewer than one of this many rows stays in the list.
const RARE: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Classes {
    own: Vec<OwnColumn>,
    slots: HashMap<(String, u8), usize>,
}

impl Classes {
    /// Counts the keys of the rows that are merged.
    pub(super) fn of(table: Table, inputs: &[Input], rows: usize) -> Result<Self> {
        if !has_attributes(table) {
            return Ok(Self::default());
        }
        let mut counts = BTreeMap::new();
        for input in inputs {
            count(input, &mut counts)?;
        }
        let mut common: Vec<_> = counts.into_iter().filter(|(_, count)| *count * RARE >= rows).collect();
        common.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut classes = Self::default();
        let mut names = HashSet::new();
        for ((key, kind), _) in common {
            let Some((suffix, _)) = own_type(kind) else { continue };
            let name = own_name(&key, suffix);
            // A key may itself end in the suffix of another's type: the rarer of the two stays in the list.
            if classes.own.len() < OWN_COLUMNS && names.insert(name.clone()) {
                classes.slots.insert((key.clone(), kind), classes.own.len());
                classes.own.push(OwnColumn { key, kind, column: name });
            }
        }
        Ok(classes)
    }

    pub(super) fn own(&self) -> &[OwnColumn] {
        &self.own
    }

    pub(super) fn into_own(self) -> Vec<OwnColumn> {
        self.own
    }

    /// The number of the own column of a key and type.
    pub(super) fn slot(&self, key: &str, kind: u8) -> Option<usize> {
        self.slots.get(&(key.to_owned(), kind)).copied()
    }
}

fn count(input: &Input, counts: &mut BTreeMap<(String, u8), usize>) -> Result<()> {
    let own = &input.segment.meta().own_columns;
    let wants = |name: &str| name == REST || own.iter().any(|own| own.column == name);
    for batch in input.segment.stored(wants, &input.rows, BATCH_ROWS)? {
        let batch = batch?;
        for OwnColumn { key, kind, column: name } in own {
            let values = column(&batch, name)?;
            *counts.entry((key.clone(), *kind)).or_default() += values.len() - values.null_count();
        }
        let lists = AttributeLists::of(column(&batch, REST)?)?;
        let mut by_number = vec![[0_usize; 8]; lists.names().len()];
        for row in 0..lists.rows() {
            for (number, attribute) in lists.row(row) {
                if let Some(count) = by_number[number].get_mut(usize::from(attribute.kind)) {
                    *count += 1;
                }
            }
        }
        for (name, kinds) in lists.names().iter().flatten().zip(by_number) {
            for (kind, count) in (0_u8..).zip(kinds).filter(|(_, count)| *count > 0) {
                *counts.entry((name.to_owned(), kind)).or_default() += count;
            }
        }
    }
    Ok(())
}
