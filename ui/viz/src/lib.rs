//! What the pages of the UI compute before anything is drawn: texts of figures and clocks, scales, curves,
//! colours, and the address of what is looked at. No browser, no Leptos: all of it is tested natively.

/// The path and parameters of what is looked at.
pub mod address;
/// Instants as clocks show them.
pub mod clock;
/// Lines and areas as SVG paths.
pub mod curve;
/// Figures as people read them.
pub mod figure;
/// Particles that follow Korean words.
pub mod korean;
/// What a chart of a metric asks for.
pub mod metric;
/// The colour of a service.
pub mod palette;
/// Where a value lies on an axis, and what stands on the axis.
pub mod scale;
/// The range of time of a page.
pub mod span;
/// SQL in colours.
pub mod sql_text;
/// A trace as rows on a time axis.
pub mod waterfall;
