//! The three signals a client sends, and the tables their rows are stored in.

use std::fmt;

/// What a client sends, and what the ledger counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    Spans,
    Logs,
    Metrics,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Spans, Self::Logs, Self::Metrics];

    /// The number of the signal in WAL records.
    pub fn code(self) -> u8 {
        match self {
            Self::Spans => 1,
            Self::Logs => 2,
            Self::Metrics => 3,
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.code() == code)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Rows of one layout. Each has buffers and segments of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Spans,
    Logs,
    Points,
    Histograms,
    ExpHistograms,
    Summaries,
    Exemplars,
}

impl Table {
    pub const ALL: [Self; 7] = [
        Self::Spans,
        Self::Logs,
        Self::Points,
        Self::Histograms,
        Self::ExpHistograms,
        Self::Summaries,
        Self::Exemplars,
    ];

    /// The signal whose items the rows are.
    pub fn signal(self) -> Signal {
        match self {
            Self::Spans => Signal::Spans,
            Self::Logs => Signal::Logs,
            _ => Signal::Metrics,
        }
    }

    /// The folder name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Points => "points",
            Self::Histograms => "histograms",
            Self::ExpHistograms => "exp_histograms",
            Self::Summaries => "summaries",
            Self::Exemplars => "exemplars",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The column whose value places a row in time.
    pub fn time_column(self) -> &'static str {
        match self {
            Self::Spans => "start",
            _ => "time",
        }
    }

    /// Whether a row is an item of the ledger. Exemplars ride on their data point.
    pub fn is_counted(self) -> bool {
        self != Self::Exemplars
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
