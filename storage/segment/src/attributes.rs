//! The attributes of rows: the `attrs_rest` column taken apart, and the typed JSON text of one row.
//!
//! A value is kept as text beside its type (`daymark_model::attribute`), so nothing here rounds a number.

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, ListArray, StringArray, UInt8Array};
use arrow::datatypes::{Int32Type, UInt8Type};
use daymark_model::attribute::ValueType;
use daymark_model::rows;
use daymark_model::signal::Table;

use crate::error::{Error, Result};

/// The name of the column that lists attributes.
pub(crate) const REST: &str = "attrs_rest";
/// The name of the column that holds the attribute set: typed JSON of the keys that depend on the operation.
pub(crate) const SET: &str = "attrs";

/// Whether rows of a table list attributes.
pub(crate) fn has_attributes(table: Table) -> bool {
    rows::schema(table).column_with_name(REST).is_some()
}

/// One attribute of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attribute<'a> {
    pub(crate) key: &'a str,
    pub(crate) kind: u8,
    pub(crate) value: &'a str,
}

impl<'a> Attribute<'a> {
    /// What a question for the key answers: nothing for a key without a value.
    pub(crate) fn text(self) -> Option<&'a str> {
        (self.kind != ValueType::Empty.code()).then_some(self.value)
    }
}

/// The `attrs_rest` column of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeLists<'a> {
    lists: &'a ListArray,
    keys: &'a DictionaryArray<Int32Type>,
    names: &'a StringArray,
    kinds: &'a UInt8Array,
    values: &'a StringArray,
}

impl<'a> AttributeLists<'a> {
    pub(crate) fn of(column: &'a ArrayRef) -> Result<Self> {
        let parts = || {
            let lists = column.as_list_opt::<i32>()?;
            let entries = lists.values().as_struct_opt()?;
            let keys = entries.column_by_name("key")?.as_dictionary_opt::<Int32Type>()?;
            let names = keys.values().as_string_opt::<i32>()?;
            let kinds = entries.column_by_name("type")?.as_primitive_opt::<UInt8Type>()?;
            let values = entries.column_by_name("value")?.as_string_opt::<i32>()?;
            Some(Self { lists, keys, names, kinds, values })
        };
        parts().ok_or_else(|| Error::Input(format!("{REST} is not a list of attributes")))
    }

    pub(crate) fn rows(&self) -> usize {
        self.lists.len()
    }

    /// Distinct keys; an entry's number is its position here. A key may stand here twice or unused.
    pub(crate) fn names(&self) -> &'a StringArray {
        self.names
    }

    /// The attributes of a row, each with the number of its key.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (usize, Attribute<'a>)> + use<'a> {
        let offsets = self.lists.value_offsets();
        let Self { keys, names, kinds, values, .. } = *self;
        let entries = offsets[row] as usize..offsets[row + 1] as usize;
        entries.map(move |entry| {
            let number = keys.keys().value(entry) as usize;
            let key = names.value(number);
            (number, Attribute { key, kind: kinds.value(entry), value: values.value(entry) })
        })
    }
}

/// Appends attributes as one typed JSON object. Sorts them by key.
pub(crate) fn write_json(attributes: &mut [Attribute<'_>], out: &mut String) {
    attributes.sort_unstable();
    out.push('{');
    for (position, attribute) in attributes.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_member(*attribute, out);
    }
    out.push('}');
}

/// Appends `"key":value`.
pub(crate) fn write_member(attribute: Attribute<'_>, out: &mut String) {
    write_text(attribute.key, out);
    out.push(':');
    write_value(attribute.kind, attribute.value, out);
}

fn write_value(kind: u8, value: &str, out: &mut String) {
    match ValueType::from_code(kind) {
        Some(ValueType::Empty) => out.push_str("null"),
        Some(ValueType::Bool | ValueType::Int | ValueType::Array | ValueType::Map) => out.push_str(value),
        Some(ValueType::Double) => write_double(value, out),
        Some(ValueType::Bytes) => {
            out.push_str("{\"$b\":");
            write_text(value, out);
            out.push('}');
        }
        Some(ValueType::Text) | None => write_text(value, out),
    }
}

/// A double always has a point or an exponent, so that it is not read back as an integer.
fn write_double(value: &str, out: &mut String) {
    let is_number = value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if !is_number {
        out.push_str("{\"$f\":");
        write_text(value, out);
        out.push('}');
        return;
    }
    out.push_str(value);
    if !value.contains(['.', 'e', 'E']) {
        out.push_str(".0");
    }
}

/// Appends a JSON string.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(clean..at).unwrap_or_default());
        clean = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(text.get(clean..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests;
