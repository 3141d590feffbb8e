//! The kernel's texts are read exactly, and a folder is counted whole.

use super::*;

#[test]
fn cpu_times_are_found_behind_any_name() {
    let stat = "4711 (day (mark) 2) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 9 0 100 1 2";
    assert_eq!(cpu_of(stat), Some(Duration::from_secs(3)));
    assert_eq!(cpu_of("4711 (daymark) S 1"), None);
}

#[test]
fn the_peak_is_read_in_bytes() {
    assert_eq!(memory_peak_of("Name:\tdaymark\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n"), Some(123_456 * 1_024));
    assert_eq!(memory_peak_of("Name:\tdaymark\n"), None);
}

#[test]
fn the_own_process_is_there_to_be_read() {
    let pid = std::process::id();
    assert!(memory_peak(pid).unwrap() > 100_000);
    assert!(cpu(pid).unwrap() < Duration::from_secs(3_600));
    assert!(cpu(u32::MAX).is_err());
}

#[test]
fn a_folder_is_counted_with_all_below_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(disk_bytes(&folder.path().join("nowhere")).unwrap(), 0);
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
    for name in ["one", "a/two", "a/b/three"] {
        std::fs::write(folder.path().join(name), [7; 10_000]).unwrap();
    }
    let bytes = disk_bytes(folder.path()).unwrap();
    assert!((30_000..200_000).contains(&bytes), "{bytes}");
}
