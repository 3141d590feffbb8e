//! `matches(column, 'words')`: every word occurs in the text, in any case; a quoted phrase as it stands.
//!
//! A word must begin and end where a run of letters and digits does, so `time` does not match `timeout`.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Matches {
    signature: Signature,
}

impl Matches {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Matches {
    fn name(&self) -> &'static str {
        "matches"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let fixed = match args.args.get(1) {
            Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(words)))) => Some(Words::parse(words)),
            _ => None,
        };
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (texts, words) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
        let mut folded = String::new();
        let mut answer = |row: usize| {
            if texts.is_null(row) || words.is_null(row) {
                return None;
            }
            let text = texts.value(row);
            Some(match &fixed {
                Some(fixed) => fixed.occur_in(text, &mut folded),
                None => Words::parse(words.value(row)).occur_in(text, &mut folded),
            })
        };
        let answers: BooleanArray = (0..texts.len()).map(&mut answer).collect();
        Ok(ColumnarValue::Array(Arc::new(answers)))
    }
}

/// What has to occur, case-folded.
#[derive(Debug, PartialEq, Eq)]
struct Words(Vec<String>);

impl Words {
    fn parse(query: &str) -> Self {
        let folded = query.to_lowercase();
        let mut words = Vec::new();
        // Every second piece stands between quotes.
        for (number, piece) in folded.split('"').enumerate() {
            if number % 2 == 1 {
                words.push(piece.to_owned());
            } else {
                words.extend(piece.split_whitespace().map(str::to_owned));
            }
        }
        words.retain(|word| word.contains(char::is_alphanumeric));
        Self(words)
    }

    fn occur_in(&self, text: &str, folded: &mut String) -> bool {
        folded.clear();
        if text.is_ascii() {
            folded.push_str(text);
            folded.make_ascii_lowercase();
        } else {
            folded.push_str(&text.to_lowercase());
        }
        self.0.iter().all(|word| occurs(word, folded))
    }
}

/// Whether the word stands in the text with no letter or digit running on at either end.
fn occurs(word: &str, text: &str) -> bool {
    let runs_on = |inside: Option<char>, outside: Option<char>| {
        inside.is_some_and(char::is_alphanumeric) && outside.is_some_and(char::is_alphanumeric)
    };
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        !runs_on(word.chars().next(), before) && !runs_on(word.chars().next_back(), after)
    })
}

#[cfg(test)]
mod tests;
