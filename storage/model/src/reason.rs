//! The closed lists of reasons by which the ledger explains every item, and the tally of one batch.

macro_rules! reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            pub const COUNT: usize = Self::ALL.len();

            /// The word in the ledger.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.name() == name)
            }
        }
    };
}

reasons! {
    /// Why an item was not stored.
    Rejected {
        Decode = "decode",
        TooLargeRequest = "too_large_request",
        RatioGuard = "ratio_guard",
        TooLargeRecord = "too_large_record",
        Depth = "depth",
        TraceId = "trace_id",
        SpanId = "span_id",
        Timestamp = "timestamp",
        RateLimit = "rate_limit",
        Memory = "memory",
        Disk = "disk",
        Cardinality = "cardinality",
        Auth = "auth",
        TenantSuspended = "tenant_suspended",
        TraceCap = "trace_cap",
        Shutdown = "shutdown",
    }
}

reasons! {
    /// What was changed in an item that was stored all the same.
    Modified {
        Utf8Repaired = "utf8_repaired",
        ValueTruncated = "value_truncated",
        AttrDropped = "attr_dropped",
        AttrDuplicateKey = "attr_duplicate_key",
        ClockSkew = "clock_skew",
        NegativeDuration = "negative_duration",
        DepthCut = "depth_cut",
        Redacted = "redacted",
    }
}

reasons! {
    /// At which level a repeat was recognised.
    Deduplicated {
        Batch = "batch",
        Record = "record",
        Conflict = "conflict",
    }
}

reasons! {
    /// Why retention removed an item.
    Expired {
        Age = "age",
        DiskBudget = "disk_budget",
    }
}

reasons! {
    /// Why an accepted item is gone although nobody asked for it.
    Lost {
        WalCorrupt = "wal_corrupt",
        SegmentCorrupt = "segment_corrupt",
        SegmentMissing = "segment_missing",
        OperatorPurge = "operator_purge",
    }
}

/// What became of the items of one batch. `received = accepted + Σ rejected` always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: u64,
    pub rejected: [u64; Rejected::COUNT],
    pub modified: [u64; Modified::COUNT],
}

impl Tally {
    pub fn reject(&mut self, reason: Rejected) {
        self.rejected[reason as usize] += 1;
    }

    pub fn modify(&mut self, what: Modified) {
        self.modified[what as usize] += 1;
    }

    pub fn rejected_total(&self) -> u64 {
        self.rejected.iter().sum()
    }

    pub fn received(&self) -> u64 {
        self.accepted + self.rejected_total()
    }

    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.rejected.iter_mut().zip(other.rejected).for_each(|(mine, theirs)| *mine += theirs);
        self.modified.iter_mut().zip(other.modified).for_each(|(mine, theirs)| *mine += theirs);
    }
}
