//! What the kernel's files say.

use super::*;

#[test]
fn the_figures_of_this_process_make_sense() {
    let figures = Process.figures();
    let value = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap().value;
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_open_fds") >= 3.0);
    assert!(value("process_cpu_seconds_total") >= 0.0);
}

#[test]
fn a_program_may_have_any_name() {
    let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1";
    assert_eq!(cpu_seconds(stat), Some(2.0));
    assert_eq!(cpu_seconds("7 (cut) S"), None);
    assert_eq!(resident("VmPeak: 9 kB\nVmRSS:\t  2048 kB\n"), Some(2_097_152.0));
}
