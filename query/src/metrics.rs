//! Figures of metrics over time: points of series become intervals and levels, these become values in equal
//! steps, and series become one by their labels.
//!
//! The rules of borders, resets and missing points stand in docs/api/metrics.md.

/// The values of one query.
mod answer;
/// What there is.
mod catalog;
/// The values of histograms and summaries.
mod counted;
/// Counts of values by size, and what lies below a share of them.
mod distribution;
/// Measurements that point to traces.
mod exemplars;
/// What was counted between two points.
mod growth;
/// Points that distributions are told by.
mod histogram;
/// What tells the series of a metric apart.
mod labels;
/// What was measured.
mod level;
/// Points that are numbers.
mod number;
/// The values of gauges and sums.
mod numeric;
/// Points out of the parts of a snapshot.
mod points;
/// Which series are meant.
mod selection;
/// A series as a search sees it.
mod sight;
/// Equal steps of time.
mod steps;

pub(crate) use answer::figures;
pub(crate) use catalog::catalog;
pub(crate) use exemplars::exemplars;
pub(crate) use labels::labels;

use crate::scan::part::Part;
use daymark_model::signal::Table;

/// The tables of points, each with its parts.
pub(crate) type PointParts = Vec<(Table, Vec<Part>)>;

/// The tables of points.
pub(crate) const TABLES: [Table; 4] =
    [Table::Points, Table::Histograms, Table::ExpHistograms, Table::Summaries];
