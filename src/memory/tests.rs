//! Machines and containers of several sizes.

use super::*;

fn machine(files: &[(&str, &str)]) -> Option<usize> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    available(root.path())
}

const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\n");

#[test]
fn the_tightest_limit_counts() {
    assert_eq!(machine(&[]), None);
    assert_eq!(machine(&[MEMINFO]), Some(8 << 30));
    let version_2 = [
        MEMINFO,
        ("proc/self/cgroup", "0::/a/b\n"),
        ("sys/fs/cgroup/a/b/memory.max", "max\n"),
        ("sys/fs/cgroup/a/memory.max", "536870912\n"),
    ];
    assert_eq!(machine(&version_2), Some(512 << 20));
    let version_1 = [
        MEMINFO,
        ("proc/self/cgroup", "5:cpu:/x\n4:memory:/elsewhere\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n"),
    ];
    assert_eq!(machine(&version_1), Some(1 << 30));
}

#[test]
fn shares_shrink_with_the_memory_and_leave_some_of_it() {
    let large = Shares::of(Some(64 << 30));
    assert_eq!(large, Shares { available: large.available, ..Shares::of(None) });
    assert_eq!(large.requests, IntakeLimits::default().in_flight_bytes);
    let small = Shares::of(Some(512 << 20));
    assert!(small.requests + small.buffers + small.queries < 400 << 20, "{small:?}");
    assert!(small.flush < small.buffers && small.query <= small.queries);
}
