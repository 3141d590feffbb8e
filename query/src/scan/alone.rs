//! Conditions over one attribute alone: judged once for each value of a batch instead of once for each row.
//!
//! Most rows of a merged file share their attribute set with many others, so there are few values, and no text
//! has to be written out for a row that does not pass.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};

use crate::scan::key::{Key, Place};
use crate::scan::owners::{Describe, Owners};
use crate::typed_json;

/// Rows that one value must stand for, so that asking by value is worth it.
const ROWS_A_VALUE: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Alone {
    key: Key,
    /// Over a batch of this schema, which has the attribute as its only column.
    condition: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
}

impl Alone {
    /// The condition, if it is over one attribute of the record and says the same of equal values.
    pub(crate) fn of(condition: &Arc<dyn PhysicalExpr>, keys: &[Key]) -> Result<Option<Self>> {
        let columns = collect_columns(condition);
        let mut columns = columns.iter();
        let (Some(column), None) = (columns.next(), columns.next()) else { return Ok(None) };
        let is_own =
            |key: &&Key| matches!(key.place, Place::Own | Place::Any) && key.column() == column.name();
        let Some(key) = keys.iter().find(is_own) else { return Ok(None) };
        let is_volatile = condition.exists(|part| Ok(part.is_volatile_node()))?;
        if is_volatile {
            return Ok(None);
        }
        let schema = Arc::new(Schema::new(vec![key.field()]));
        let condition = reassign_expr_columns(Arc::clone(condition), &schema)?;
        Ok(Some(Self { key: key.clone(), condition, schema }))
    }

    /// Which rows the condition holds for; none when that has to be asked row by row.
    pub(crate) fn mask(
        &self,
        stored: &RecordBatch,
        described: &dyn Describe,
    ) -> Result<Option<BooleanArray>> {
        let column = stored.column_by_name(&format!("attr.{}", self.key.name));
        let Some(coded) = column.and_then(|column| column.as_dictionary_opt::<Int32Type>()) else {
            return Ok(None);
        };
        let Some(values) = coded.values().as_string_opt::<i32>() else { return Ok(None) };
        if values.len() * ROWS_A_VALUE > coded.len() {
            return Ok(None);
        }
        let is_own = self.key.place == Place::Own;
        if !is_own && Owners::of(stored, described).have_attribute(&self.key.name) {
            return Ok(None);
        }
        // The last stands for rows that have none.
        let texts = values.iter().chain([None]);
        let asked: ArrayRef = if self.key.is_number {
            Arc::new(texts.map(|text| text.and_then(typed_json::number)).collect::<Float64Array>())
        } else {
            Arc::new(texts.collect::<StringArray>())
        };
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![asked])?;
        // What fails for a value that other conditions leave out is not asked for it row by row.
        let Ok(answer) = self.condition.evaluate(&batch) else { return Ok(None) };
        let answer = answer.into_array(batch.num_rows())?;
        let answer = answer.as_boolean();
        let holds: Vec<bool> = answer.iter().map(|holds| holds == Some(true)).collect();
        let of_none = holds.last().copied().unwrap_or_default();
        let of_row = |key: Option<i32>| {
            key.and_then(|key| holds.get(usize::try_from(key).ok()?)).copied().unwrap_or(of_none)
        };
        Ok(Some(coded.keys().iter().map(|key| Some(of_row(key))).collect()))
    }
}
