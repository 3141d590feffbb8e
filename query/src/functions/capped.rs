//! Engine functions that can make much out of little, with a limit on what they make.
//!
//! What a call would make is estimated from its arguments before it runs, because it allocates at once and
//! outside every memory limit, even while constants are folded for EXPLAIN.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, resources_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use daymark_model::limits::{SQL_FUNCTION_ELEMENTS, SQL_FUNCTION_TEXT_BYTES};

/// One batch of calls may make this many times what one call may.
pub(crate) const CALLS: u64 = 64;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Capped {
    inner: Arc<ScalarUDF>,
}

impl Capped {
    pub(crate) fn new(inner: Arc<ScalarUDF>) -> Self {
        Self { inner }
    }

    fn check(&self, args: &ScalarFunctionArgs) -> Result<()> {
        let makes_text = matches!(
            args.return_field.data_type(),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..)
        );
        let limit = if makes_text { SQL_FUNCTION_TEXT_BYTES } else { SQL_FUNCTION_ELEMENTS } as u64;
        let arguments: Vec<Argument> = args.args.iter().map(Argument::of).collect::<Result<_>>()?;
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let mut total = 0_u64;
        for row in 0..rows {
            let made = made(self.inner.name(), makes_text, &arguments, row);
            total = total.saturating_add(made);
            if made > limit || total > limit * CALLS {
                let what = if makes_text { "bytes of text" } else { "elements" };
                return resources_err!("{}() would make more than {limit} {what}", self.inner.name());
            }
        }
        Ok(())
    }
}

impl ScalarUDFImpl for Capped {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.check(&args)?;
        self.inner.invoke_with_args(args)
    }
}

/// An argument whose size can be asked for row by row.
struct Argument {
    array: Arc<dyn Array>,
    /// One value for all rows.
    is_scalar: bool,
}

impl Argument {
    fn of(value: &ColumnarValue) -> Result<Self> {
        let is_scalar = matches!(value, ColumnarValue::Scalar(_));
        Ok(Self { array: value.to_array(1)?, is_scalar })
    }

    fn at(&self, row: usize) -> usize {
        if self.is_scalar { 0 } else { row }
    }

    /// Bytes of a text; 32 for what is written in few characters; all of a list.
    fn bytes(&self, row: usize) -> u64 {
        let row = self.at(row);
        let len = match self.array.data_type() {
            _ if self.array.is_null(row) => 0,
            DataType::Utf8 => self.array.as_string::<i32>().value_length(row).unsigned_abs() as usize,
            DataType::LargeUtf8 => self.array.as_string::<i64>().value(row).len(),
            DataType::Utf8View => self.array.as_string_view().value(row).len(),
            DataType::List(_) => self.array.as_list::<i32>().value(row).get_array_memory_size(),
            DataType::LargeList(_) => self.array.as_list::<i64>().value(row).get_array_memory_size(),
            _ => 32,
        };
        len as u64
    }

    /// Elements of a list with all that they hold; 1 for anything else.
    fn elements(&self, row: usize) -> u64 {
        let row = self.at(row);
        if self.array.is_null(row) {
            return 1;
        }
        elements(&self.array.slice(row, 1))
    }

    fn integer(&self, row: usize) -> Option<i64> {
        let integers = arrow::compute::cast(&self.array, &DataType::Int64).ok()?;
        let integers = integers.as_primitive::<Int64Type>();
        let row = self.at(row);
        integers.is_valid(row).then(|| integers.value(row))
    }
}

fn elements(array: &dyn Array) -> u64 {
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            (0..list.len()).map(|row| elements(&list.value(row))).sum::<u64>().max(1)
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            (0..list.len()).map(|row| elements(&list.value(row))).sum::<u64>().max(1)
        }
        _ => array.len() as u64,
    }
}

/// Upper bound of what a call makes: bytes of text, else elements.
fn made(name: &str, makes_text: bool, args: &[Argument], row: usize) -> u64 {
    let integer = |at: usize| args.get(at).and_then(|arg| arg.integer(row));
    let count = |at: usize| integer(at).map_or(0, |count| count.max(0).unsigned_abs());
    let bytes = |at: usize| args.get(at).map_or(0, |arg| arg.bytes(row));
    match name {
        "repeat" => bytes(0).saturating_mul(count(1)),
        // The count is of characters, of which one has up to four bytes.
        "lpad" | "rpad" => count(1).saturating_mul(4),
        "array_repeat" => args.first().map_or(1, |arg| arg.elements(row)).saturating_mul(count(1)),
        "array_resize" => count(1),
        "range" | "generate_series" => series(integer(0), integer(1), integer(2), args.len()),
        "replace" => bytes(0).saturating_add(1).saturating_mul(bytes(2).max(1)) / bytes(1).max(1),
        "regexp_replace" => bytes(0).saturating_add(1).saturating_mul(bytes(2).max(1)) / 8,
        "array_to_string" => {
            let separators = args.first().map_or(1, |arg| arg.elements(row)).saturating_mul(bytes(1));
            bytes(0).saturating_add(separators)
        }
        _ if makes_text => args.iter().map(|arg| arg.bytes(row)).sum(),
        _ => args.iter().map(|arg| arg.elements(row)).sum(),
    }
}

/// How many numbers a series has; without integers it cannot be told, so it counts as too many.
fn series(first: Option<i64>, second: Option<i64>, step: Option<i64>, args: usize) -> u64 {
    let (from, to, step) = match (first, second, step, args) {
        (Some(to), _, _, 1) => (0, to, 1),
        (Some(from), Some(to), _, 2) => (from, to, 1),
        (Some(from), Some(to), Some(step), 3) => (from, to, step),
        _ => return u64::MAX,
    };
    from.abs_diff(to) / step.unsigned_abs().max(1)
}
