//! The memory this process may use, and how intake, buffers and queries share it.
//!
//! On a machine with memory to spare the shares are the fixed defaults; in a small container they shrink, so
//! that requests are shed and queries stopped before the kernel ends the process.

use std::fs;
use std::path::Path;

use daymark_model::limits::{self, IntakeLimits, MIB, QueryLimits};

/// How long memory that was freed is kept before it goes back to the system, and the allocator's number of
/// this option, which its Rust interface has no name for.
const KEPT_FREED_MS: std::ffi::c_long = 100;
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory for a while: the next request, flush or merge needs as much again, and fresh pages have to
/// be cleared first. The variable `MIMALLOC_PURGE_DELAY` wins.
pub(crate) fn keep_freed() {
    #[expect(unsafe_code, reason = "the allocator is C; the call only stores a number")]
    unsafe {
        libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT_FREED_MS);
    }
}

/// What each part may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// All there is, where it is known.
    pub(crate) available: Option<usize>,
    /// Requests that are being read, decoded or synced.
    pub(crate) requests: usize,
    /// Rows that are not in a segment yet, and from where on they are flushed.
    pub(crate) buffers: usize,
    pub(crate) flush: usize,
    /// All queries together, and one of them.
    pub(crate) queries: usize,
    pub(crate) query: usize,
}

impl Shares {
    /// The shares of this machine or container.
    pub(crate) fn of_machine() -> Self {
        Self::of(available(Path::new("/")))
    }

    fn of(available: Option<usize>) -> Self {
        // Whole MiB, so that what is shown is what holds.
        let of =
            |percent: usize| available.map_or(usize::MAX, |bytes| bytes / 100 * percent / MIB * MIB).max(MIB);
        let queries = of(35).min(QueryLimits::default().pool_bytes);
        Self {
            available,
            requests: of(20).min(IntakeLimits::default().in_flight_bytes),
            buffers: of(15).min(limits::BUFFERS_BYTES),
            flush: of(6).min(limits::FLUSH_BYTES),
            queries,
            query: queries.min(QueryLimits::default().memory_bytes),
        }
    }
}

/// The smallest of what the machine has and what the control groups above us allow.
fn available(root: &Path) -> Option<usize> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let total = read("proc/meminfo").lines().find_map(|line| {
        let kib: usize = line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib << 10)
    });
    let groups = read("proc/self/cgroup");
    let limits = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        match controllers {
            "" => Some(("sys/fs/cgroup", "memory.max", path)),
            "memory" => Some(("sys/fs/cgroup/memory", "memory.limit_in_bytes", path)),
            _ => None,
        }
    });
    let limits = limits.flat_map(|(mount, file, path)| {
        // In a container the path may be one of the host that cannot be seen; the mount is then our own group.
        let above = Path::new(path.trim_start_matches('/')).ancestors().map(Path::to_path_buf);
        above.filter_map(move |group| {
            fs::read_to_string(root.join(mount).join(group).join(file)).ok()?.trim().parse::<usize>().ok()
        })
    });
    total.into_iter().chain(limits).min()
}

#[cfg(test)]
mod tests;
