//! `matches(column, 'words')`: every word occurs in the text, in any case; a quoted phrase as it stands.
//!
//! A word must begin and end where a run of letters and digits does, so `time` does not match `timeout`.
//! Over log bodies and exception messages the scan is told, and reads only rows that the word indexes leave.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use daymark_model::words::Wanted;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Matches {
    signature: Signature,
}

impl Matches {
    pub(crate) const NAME: &'static str = "matches";

    pub(crate) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Matches {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let fixed = match args.args.get(1) {
            Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(words)))) => Some(Wanted::parse(words)),
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
                None => Wanted::parse(words.value(row)).occur_in(text, &mut folded),
            })
        };
        let answers: BooleanArray = (0..texts.len()).map(&mut answer).collect();
        Ok(ColumnarValue::Array(Arc::new(answers)))
    }
}
