//! What kind of work a span is, as OTLP numbers it.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpanKind {
    #[default]
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl SpanKind {
    pub const ALL: [Self; 6] =
        [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];
    /// In the order of their numbers.
    pub const NAMES: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Words that are not known say nothing.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or_default()
    }

    /// The number of OTLP.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// By its nature how calls enter a service.
    pub fn is_entry(self) -> bool {
        matches!(self, Self::Server | Self::Consumer)
    }

    /// By its nature how calls leave a service.
    pub fn is_exit(self) -> bool {
        matches!(self, Self::Client | Self::Producer)
    }
}
