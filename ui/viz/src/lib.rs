//! What the pages of the UI compute before anything is drawn: texts of figures and clocks, scales, curves,
//! colours, and the address of what is looked at. No browser, no Leptos: all of it is tested natively.

/// The path and parameters of what is looked at.
pub mod address;
/// Alerts in words and figures.
pub mod alert;
/// What part of a large picture is in sight.
pub mod camera;
/// Terms of a query, put in and taken out.
pub mod clause;
/// Instants as clocks show them.
pub mod clock;
/// Two traces or sets side by side.
pub mod contrast;
/// Lines and areas as SVG paths.
pub mod curve;
/// Figures as people read them.
pub mod figure;
/// Durations over time as cells.
pub mod heat;
/// What is known around an alert.
pub mod incident;
/// Particles that follow Korean words.
pub mod korean;
/// The text of a log line in pieces.
pub mod line;
/// What a chart of a metric asks for.
pub mod metric;
/// What stands out in a table of figures.
pub mod notable;
/// The colour of a service.
pub mod palette;
/// A rule that is being written.
pub mod rule_draft;
/// Where a value lies on an axis, and what stands on the axis.
pub mod scale;
/// Server-sent events out of their pieces.
pub mod server_events;
/// The range of time of a page.
pub mod span;
/// Names that finish what is being written in SQL.
pub mod sql_names;
/// SQL in colours.
pub mod sql_text;
/// Counts over time as bars that stand on each other.
pub mod stack;
/// Lists that are taller than a browser can lay out.
pub mod tall;
/// Lines between the nodes of a map.
pub mod wires;
