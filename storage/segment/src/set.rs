//! The attribute set of rows read from a merged file: for each row the number of a text, and what the text says.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Int32Array, StringArray};
use arrow::datatypes::{ArrowNativeType, Int32Type};

use crate::attributes::{Attribute, SET};
use crate::error::{Error, Result};
use crate::typed_json::{Member, members};

/// The column `attrs` of a batch. Only texts that a row has are taken apart.
#[derive(Debug)]
pub(crate) struct AttributeSets<'a> {
    column: &'a DictionaryArray<Int32Type>,
    texts: Vec<Vec<Member>>,
}

impl<'a> AttributeSets<'a> {
    pub(crate) fn of(column: &'a ArrayRef) -> Result<Self> {
        let wrong = || Error::Input(format!("{SET} is not a dictionary of attributes"));
        let column = column.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
        let json = column.values().as_string_opt::<i32>().ok_or_else(wrong)?;
        let mut is_used = vec![false; json.len()];
        column.keys().iter().flatten().for_each(|key| is_used[key.as_usize()] = true);
        let texts = json.iter().zip(is_used).map(|(json, is_used)| match json {
            Some(json) if is_used => members(json).ok_or_else(wrong),
            _ => Ok(Vec::new()),
        });
        Ok(Self { column, texts: texts.collect::<Result<_>>()? })
    }

    /// What each text says; a text's number is its position here.
    pub(crate) fn texts(&self) -> &[Vec<Member>] {
        &self.texts
    }

    /// The number of the text of a row.
    pub(crate) fn number(&self, row: usize) -> Option<usize> {
        self.column.is_valid(row).then(|| self.column.keys().value(row).as_usize())
    }

    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = Attribute<'_>> {
        let text = self.number(row).and_then(|number| self.texts.get(number));
        text.into_iter().flatten().map(Member::attribute)
    }

    /// The value of a key in each row, each distinct value once.
    pub(crate) fn key(&self, key: &str) -> DictionaryArray<Int32Type> {
        let mut values: Vec<&str> = Vec::new();
        let mut numbers: HashMap<&str, i32> = HashMap::new();
        let mut number_of = |text| {
            *numbers.entry(text).or_insert_with(|| {
                values.push(text);
                i32::try_from(values.len() - 1).unwrap_or(i32::MAX)
            })
        };
        let of_text: Vec<Option<i32>> = self
            .texts
            .iter()
            .map(|text| {
                let member =
                    text.iter().find(|member| member.key == key && member.attribute().text().is_some())?;
                Some(number_of(member.value.as_str()))
            })
            .collect();
        let keys: Int32Array = (0..self.column.len()).map(|row| of_text[self.number(row)?]).collect();
        // Each key is the number of a value.
        DictionaryArray::new(keys, Arc::new(StringArray::from(values)))
    }
}
