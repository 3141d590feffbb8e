//! All values that some columns and attributes of a file have: a value that is not among them is in no row.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{ArrowNativeType, Int32Type};

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};

/// A column with more values than this is left out.
const VALUES_MAX: usize = 4_096;

/// By column, values in the order of their bytes. An attribute stands as `attr.<key>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueSets(BTreeMap<String, BTreeSet<String>>);

impl ValueSets {
    /// From now on the values of the column are all known.
    pub(crate) fn cover(&mut self, column: &str) -> &mut BTreeSet<String> {
        self.0.entry(column.to_owned()).or_default()
    }

    /// Adds the values of a dictionary column's rows.
    pub(crate) fn add_column(&mut self, name: &str, column: &ArrayRef) -> Result<()> {
        let column = column.as_dictionary_opt::<Int32Type>();
        let column = column.ok_or_else(|| Error::Input(format!("column {name} is not a dictionary")))?;
        let texts = column.values().as_string::<i32>();
        let mut is_used = vec![false; texts.len()];
        column.keys().iter().flatten().for_each(|key| is_used[key.as_usize()] = true);
        let used = texts.iter().zip(is_used).filter(|(_, is_used)| *is_used);
        self.cover(name).extend(used.filter_map(|(text, _)| Some(text?.to_owned())));
        Ok(())
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for (column, values) in other.0 {
            self.0.entry(column).or_default().extend(values);
        }
    }

    /// Whether it is known that no row has any of the values in the column.
    pub(crate) fn lacks(&self, column: &str, wanted: &[String]) -> bool {
        self.0.get(column).is_some_and(|values| wanted.iter().all(|value| !values.contains(value)))
    }

    /// The same whatever the case. What is wanted is in lower case.
    pub(crate) fn lacks_in_any_case(&self, column: &str, wanted: &[String]) -> bool {
        let is_wanted = |value: &String| wanted.contains(&value.to_lowercase());
        self.0.get(column).is_some_and(|values| !values.iter().any(is_wanted))
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        let listed = || self.0.iter().filter(|(_, values)| values.len() <= VALUES_MAX);
        out.count(listed().count());
        for (column, values) in listed() {
            out.bytes(column.as_bytes());
            out.count(values.len());
            values.iter().for_each(|value| out.bytes(value.as_bytes()));
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self> {
        let mut columns = BTreeMap::new();
        for _ in 0..from.count(8)? {
            let column = from.text()?.to_owned();
            let count = from.count(4)?;
            let values = (0..count).map(|_| Ok(from.text()?.to_owned())).collect::<Result<_>>()?;
            columns.insert(column, values);
        }
        Ok(Self(columns))
    }
}
