//! `sketch_quantile(sketch, share)` and `sketch_merge(sketch)` over the sketches of the aggregate tables.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array};
use arrow::compute::prep_null_mask_filter;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, ColumnarValue, EmitTo, GroupsAccumulator, ScalarFunctionArgs,
    ScalarUDFImpl, Signature, Volatility,
};
use daymark_aggregate::{Heap, Sketch};

/// The duration below which a share of all lies.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Quantile {
    signature: Signature,
}

impl Quantile {
    pub(crate) fn new() -> Self {
        let arguments = vec![DataType::Binary, DataType::Float64];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Quantile {
    fn name(&self) -> &'static str {
        "sketch_quantile"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (sketches, shares) = (arrays[0].as_binary::<i32>(), arrays[1].as_primitive::<Float64Type>());
        let mut quantiles = Vec::with_capacity(sketches.len());
        for row in 0..sketches.len() {
            if sketches.is_null(row) || shares.is_null(row) {
                quantiles.push(None);
                continue;
            }
            let share = shares.value(row);
            if !(0.0..=1.0).contains(&share) {
                return exec_err!("sketch_quantile() takes a share from 0 to 1, not {share}");
            }
            quantiles.push(sketch(sketches.value(row))?.quantile(share));
        }
        Ok(ColumnarValue::Array(Arc::new(Float64Array::from(quantiles))))
    }
}

fn sketch(bytes: &[u8]) -> Result<Sketch> {
    Sketch::from_bytes(bytes).ok_or_else(|| no_sketch(bytes))
}

fn no_sketch(bytes: &[u8]) -> DataFusionError {
    exec_datafusion_err!(
        "these {} bytes are not a sketch; take the column of an aggregate table",
        bytes.len()
    )
}

/// One sketch of many.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Merge {
    signature: Signature,
}

impl Merge {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Binary], Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Merge {
    fn name(&self) -> &'static str {
        "sketch_merge"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Merged::default()))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(MergedGroups::default()))
    }
}

/// What was merged so far; nothing of no rows.
#[derive(Debug, Default)]
struct Merged(Option<Heap>);

impl Merged {
    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.get_or_insert_default().add_bytes(bytes).ok_or_else(|| no_sketch(bytes))
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        self.0.as_ref().map(|heap| heap.sketch().to_bytes())
    }

    fn heap_size(&self) -> usize {
        self.0.as_ref().map_or(0, Heap::size)
    }
}

impl Accumulator for Merged {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values[0].as_binary::<i32>().iter().flatten().try_for_each(|bytes| self.add(bytes))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(self.bytes()))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.heap_size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

/// The same for many groups at once: their rows come mixed, and are not sorted out first.
#[derive(Debug, Default)]
struct MergedGroups {
    groups: Vec<Merged>,
    heaps_size: usize,
}

impl GroupsAccumulator for MergedGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        wanted: Option<&BooleanArray>,
        count: usize,
    ) -> Result<()> {
        self.groups.resize_with(count, Merged::default);
        let sketches = values[0].as_binary::<i32>();
        for (row, group) in groups.iter().enumerate() {
            let is_wanted = wanted.is_none_or(|wanted| wanted.is_valid(row) && wanted.value(row));
            if is_wanted && sketches.is_valid(row) {
                let group = &mut self.groups[*group];
                let before = group.heap_size();
                group.add(sketches.value(row))?;
                self.heaps_size += group.heap_size() - before;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = emit_to.take_needed(&mut self.groups);
        self.heaps_size -= groups.iter().map(Merged::heap_size).sum::<usize>();
        Ok(Arc::new(groups.iter().map(Merged::bytes).collect::<BinaryArray>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.update_batch(states, groups, None, count)
    }

    fn convert_to_state(&self, values: &[ArrayRef], wanted: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let Some(wanted) = wanted else { return Ok(vec![Arc::clone(&values[0])]) };
        let unwanted = arrow::compute::not(&prep_null_mask_filter(wanted))?;
        Ok(vec![arrow::compute::nullif(&values[0], &unwanted)?])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.capacity() * size_of::<Merged>() + self.heaps_size
    }
}
