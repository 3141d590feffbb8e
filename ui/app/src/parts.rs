//! What pages are made of.

/// From what one looks at to a rule about it.
pub(crate) mod alarm;
/// Counts over time as stacked bars.
pub(crate) mod bars;
/// Cells that several tables have.
pub(crate) mod cells;
/// A chart over time: lines, areas, the window before, what happened.
pub(crate) mod chart;
/// Text to copy.
pub(crate) mod copied;
/// A dialog over the page.
pub(crate) mod dialog;
/// Numbers with their units.
pub(crate) mod figures;
/// Tables whose rows are grids.
pub(crate) mod grid;
/// Durations over time as cells.
pub(crate) mod heatmap;
/// Line drawings of 16 pixels.
pub(crate) mod icon;
/// A list that is read page by page, or what stands in its place.
pub(crate) mod listed;
/// The shape of a state.
pub(crate) mod mark;
/// Buttons that open something.
pub(crate) mod menu;
/// The field that takes the search grammar.
pub(crate) mod query;
/// Small charts in the cells of tables.
pub(crate) mod spark;
/// What a part shows that has no data to show.
pub(crate) mod states;
/// The colour of a service before its name.
pub(crate) mod swatch;
/// Tabs, segments and chips.
pub(crate) mod tabs;
/// Rate, errors and durations as charts.
pub(crate) mod traffic;
/// Whether the window is a phone's.
pub(crate) mod width;
