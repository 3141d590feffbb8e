//! `attr` and `attr_num`: an attribute of a record.
//!
//! With one argument the call is replaced by a column of the scan before anything runs
//! ([`crate::sql::attr_columns`]); with two it reads the attribute out of JSON text.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use crate::typed_json;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attr {
    name: &'static str,
    signature: Signature,
}

impl Attr {
    pub(crate) const TEXT: &'static str = "attr";
    pub(crate) const NUMBER: &'static str = "attr_num";

    pub(crate) fn text() -> Self {
        Self::named(Self::TEXT)
    }

    pub(crate) fn number() -> Self {
        Self::named(Self::NUMBER)
    }

    fn named(name: &'static str) -> Self {
        let one = TypeSignature::Exact(vec![DataType::Utf8]);
        let two = TypeSignature::Exact(vec![DataType::Utf8, DataType::Utf8]);
        Self { name, signature: Signature::one_of(vec![one, two], Volatility::Immutable) }
    }

    fn is_number(&self) -> bool {
        self.name == Self::NUMBER
    }
}

impl ScalarUDFImpl for Attr {
    fn name(&self) -> &str {
        self.name
    }

    /// The call as people write it, because it becomes the name of a result column.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let written = args.iter().map(|arg| match arg {
            Expr::Literal(value, _) => {
                value.try_as_str().flatten().map_or_else(|| value.to_string(), |text| format!("'{text}'"))
            }
            other => other.schema_name().to_string(),
        });
        Ok(format!("{}({})", self.name, written.collect::<Vec<_>>().join(", ")))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(if self.is_number() { DataType::Float64 } else { DataType::Utf8 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [json, keys] = arrays.as_slice() else {
            return plan_err!(
                "{0}('key') needs exactly one table of signals in the FROM of its SELECT; \
                 with several tables, or over a subquery, write {0}(t.attributes, 'key')",
                self.name
            );
        };
        let (json, keys) = (json.as_string::<i32>(), keys.as_string::<i32>());
        let text = |row| {
            let found = json.is_valid(row) && keys.is_valid(row);
            found.then(|| typed_json::text_in(json.value(row), keys.value(row)))?
        };
        let texts = (0..json.len()).map(text);
        Ok(ColumnarValue::Array(if self.is_number() {
            Arc::new(
                texts.map(|text| text.and_then(|text| typed_json::number(&text))).collect::<Float64Array>(),
            )
        } else {
            Arc::new(texts.collect::<StringArray>())
        }))
    }
}
