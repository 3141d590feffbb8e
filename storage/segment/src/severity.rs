//! `severity_text` as files hold it: null is the upper-case word of the number, an empty text is none. Most
//! lines say no more than the word, and nothing is shorter than null.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{ArrowNativeType, Int32Type, UInt8Type};

use crate::error::{Error, Result};
use crate::projection::column;

pub(crate) const NUMBER: &str = "severity_number";
pub(crate) const TEXT: &str = "severity_text";

/// The words of OTLP's ranges of numbers.
const WORDS: [&str; 7] = ["UNSET", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

fn word(number: u8) -> usize {
    match number {
        1..=24 => usize::from((number - 1) / 4 + 1),
        _ => 0,
    }
}

/// A column of rows in buffer layout as the file holds it.
pub(crate) fn in_file(rows: &RecordBatch, number: usize) -> Result<ArrayRef> {
    let values = rows.column(number);
    if rows.schema_ref().field(number).name() != TEXT {
        return Ok(Arc::clone(values));
    }
    let texts = Texts::of(rows)?;
    let none = texts.known.len() as i32;
    let of_row = |(row, key): (usize, Option<i32>)| match key {
        None => Some(none),
        Some(key) => (texts.known[key.as_usize()] != Some(word(texts.numbers[row]))).then_some(key),
    };
    let keys: Int32Array = texts.column.keys().iter().enumerate().map(of_row).collect();
    texts.with(keys, &[""])
}

/// Rows of a file as a buffer holds them, if the texts are among their columns.
pub(crate) fn as_buffered(rows: RecordBatch) -> Result<RecordBatch> {
    let Some((number, _)) = rows.schema_ref().column_with_name(TEXT) else { return Ok(rows) };
    let texts = Texts::of(&rows)?;
    let first = texts.known.len();
    let is_none: Vec<bool> = texts.values.iter().map(|text| text.is_none_or(str::is_empty)).collect();
    let of_row = |(row, key): (usize, Option<i32>)| match key {
        None => Some((first + word(texts.numbers[row])) as i32),
        Some(key) => (!is_none[key.as_usize()]).then_some(key),
    };
    let keys: Int32Array = texts.column.keys().iter().enumerate().map(of_row).collect();
    let mut columns = rows.columns().to_vec();
    columns[number] = texts.with(keys, &WORDS)?;
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

/// The texts of rows, and the numbers beside them.
struct Texts<'a> {
    column: &'a DictionaryArray<Int32Type>,
    values: &'a StringArray,
    /// Which word each value is.
    known: Vec<Option<usize>>,
    numbers: &'a [u8],
}

impl<'a> Texts<'a> {
    fn of(rows: &'a RecordBatch) -> Result<Self> {
        let parts = || {
            let column = column(rows, TEXT).ok()?.as_dictionary_opt::<Int32Type>()?;
            let values = column.values().as_string_opt::<i32>()?;
            let numbers = rows.column_by_name(NUMBER)?.as_primitive_opt::<UInt8Type>()?.values();
            let known = values.iter().map(|text| WORDS.iter().position(|word| Some(*word) == text)).collect();
            Some(Self { column, values, known, numbers })
        };
        parts().ok_or_else(|| Error::Input(format!("{TEXT} needs dictionary texts and {NUMBER}")))
    }

    /// Keys over the values and some more.
    fn with(&self, keys: Int32Array, more: &[&str]) -> Result<ArrayRef> {
        let values = self.values.iter().chain(more.iter().map(|text| Some(*text)));
        let values: StringArray = values.collect();
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(values))?))
    }
}
