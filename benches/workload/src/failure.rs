//! Why a request failed: what the span says, what the log says, and what the caller was told.

/// The cause of a failure at the span where it began, or that it came from below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Timeout,
    Refused,
    PoolExhausted,
    Conflict,
    Declined,
    Bug,
    /// The called service answered with an error.
    Upstream,
}

impl Failure {
    /// Causes that can begin at a service itself.
    pub(crate) const OWN: [Self; 4] = [Self::Timeout, Self::Conflict, Self::Declined, Self::Bug];
    /// Causes that can begin at a statement, a message or a foreign address.
    pub(crate) const REMOTE: [Self; 3] = [Self::Timeout, Self::Refused, Self::PoolExhausted];

    pub(crate) fn http_status(self) -> i64 {
        match self {
            Self::Timeout => 504,
            Self::Refused | Self::Upstream => 502,
            Self::PoolExhausted => 503,
            Self::Conflict => 409,
            Self::Declined => 402,
            Self::Bug => 500,
        }
    }

    pub(crate) fn grpc_status(self) -> i64 {
        match self {
            Self::Timeout => 4,
            Self::Refused | Self::Upstream => 14,
            Self::PoolExhausted => 8,
            Self::Conflict => 10,
            Self::Declined => 9,
            Self::Bug => 13,
        }
    }

    pub(crate) fn error_type(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "connection_refused",
            Self::PoolExhausted => "pool_exhausted",
            Self::Conflict => "conflict",
            Self::Declined => "declined",
            Self::Bug => "internal",
            Self::Upstream => "502",
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Timeout => "deadline exceeded after 2000 ms",
            Self::Refused => "connection refused",
            Self::PoolExhausted => "no connection from the pool within 500 ms (20 in use, 31 waiting)",
            Self::Conflict => "the row was changed by another transaction",
            Self::Declined => "card declined by issuer",
            Self::Bug => "unexpected null in order line",
            Self::Upstream => "upstream answered with an error",
        }
    }

    /// The type of the exception as the language of the service would name it.
    pub(crate) fn exception(self, language: &str) -> &'static str {
        match (language, self) {
            ("java", Self::Timeout) => "java.util.concurrent.TimeoutException",
            ("java", Self::Refused | Self::Upstream) => "java.net.ConnectException",
            ("java", Self::PoolExhausted) => "java.sql.SQLTransientConnectionException",
            ("java", Self::Conflict) => "jakarta.persistence.OptimisticLockException",
            ("java", Self::Declined) => "shop.money.CardDeclinedException",
            ("java", Self::Bug) => "java.lang.NullPointerException",
            ("python", Self::Timeout) => "TimeoutError",
            ("python", Self::Refused | Self::Upstream) => "ConnectionRefusedError",
            ("python", _) => "RuntimeError",
            ("dotnet", Self::Timeout) => "System.TimeoutException",
            ("dotnet", _) => "System.InvalidOperationException",
            ("nodejs" | "webjs", Self::Bug) => "TypeError",
            ("nodejs" | "webjs", _) => "Error",
            ("go", _) => "*errors.errorString",
            _ => "Error",
        }
    }
}
