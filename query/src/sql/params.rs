//! Values for `$name`, `$1` and `:from`, `:to`.

use std::collections::HashMap;

use datafusion::common::ParamValues;
use datafusion::scalar::ScalarValue;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::sql::SqlParams;
use serde_json::Value;

/// The engine drops the first character of a placeholder, so `:from` and `$from` are one.
pub(crate) fn bind(params: &SqlParams, range: Range) -> Result<ParamValues, AskError> {
    let mut values: HashMap<String, ScalarValue> = HashMap::new();
    values.insert("from".into(), instant(range.from));
    values.insert("to".into(), instant(range.to));
    match params {
        SqlParams::Named(named) => {
            for (name, value) in named {
                values.insert(name.clone(), scalar(name, value)?);
            }
        }
        SqlParams::Positional(list) => {
            for (number, value) in (1..).zip(list) {
                let name = format!("{number}");
                let value = scalar(&name, value)?;
                values.insert(name, value);
            }
        }
    }
    Ok(ParamValues::from(values.into_iter().collect::<Vec<_>>()))
}

fn instant(at: Nanos) -> ScalarValue {
    ScalarValue::TimestampNanosecond(Some(at.0), Some("UTC".into()))
}

fn scalar(name: &str, value: &Value) -> Result<ScalarValue, AskError> {
    Ok(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(flag) => ScalarValue::Boolean(Some(*flag)),
        Value::String(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => ScalarValue::Int64(Some(number)),
            (None, Some(number), _) => ScalarValue::UInt64(Some(number)),
            (None, None, number) => ScalarValue::Float64(number),
        },
        Value::Array(_) | Value::Object(_) => {
            let detail = format!("the value of ${name} is neither text, number, boolean nor null");
            return Err(AskError::new(Code::BadRequest, detail).pointer(format!("/params/{name}")));
        }
    })
}
