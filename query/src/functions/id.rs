//! `trace_id`, `span_id` and `hex`: ids between their bytes and the ways people spell them.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, AsArray, FixedSizeBinaryBuilder, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use daymark_model::spelling;

/// The literal that a text compared with an id column stands for.
pub(crate) fn literal(text: &str, width: i32) -> Result<ScalarValue> {
    Ok(ScalarValue::FixedSizeBinary(width, Some(parse(text, width)?)))
}

fn parse(text: &str, width: i32) -> Result<Vec<u8>> {
    let bytes = if width == 16 {
        spelling::trace_id(text).map(|id| id.0.to_vec())
    } else {
        spelling::span_id(text).map(|id| id.0.to_vec())
    };
    bytes.map_err(|error| plan_datafusion_err!("{error}"))
}

/// `trace_id(text)` and `span_id(text)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdOf {
    name: &'static str,
    width: i32,
    signature: Signature,
}

impl IdOf {
    pub(crate) fn trace() -> Self {
        Self::new("trace_id", 16)
    }

    pub(crate) fn span() -> Self {
        Self::new("span_id", 8)
    }

    fn new(name: &'static str, width: i32) -> Self {
        Self { name, width, signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for IdOf {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::FixedSizeBinary(self.width))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let [ColumnarValue::Scalar(ScalarValue::Utf8(text))] = args.args.as_slice() {
            let bytes = text.as_deref().map(|text| parse(text, self.width)).transpose()?;
            return Ok(ColumnarValue::Scalar(ScalarValue::FixedSizeBinary(self.width, bytes)));
        }
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = arrays[0].as_string::<i32>();
        let mut ids = FixedSizeBinaryBuilder::with_capacity(texts.len(), self.width);
        for text in texts {
            match text {
                Some(text) => ids.append_value(parse(text, self.width)?)?,
                None => ids.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(ids.finish())))
    }
}

/// `hex(id)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hex {
    signature: Signature,
}

impl Hex {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [DataType::FixedSizeBinary(_) | DataType::Binary | DataType::LargeBinary | DataType::Null] => {
                Ok(DataType::Utf8)
            }
            [other] => exec_err!("hex() takes an id or bytes, not {other}"),
            _ => exec_err!("hex() takes one argument"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let bytes = cast(&arrays[0], &DataType::LargeBinary)?;
        let texts: StringArray = bytes.as_binary::<i64>().iter().map(|bytes| bytes.map(hex)).collect();
        Ok(ColumnarValue::Array(Arc::new(texts)))
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}
