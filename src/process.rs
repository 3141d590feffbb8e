//! What the process costs the machine, in figures with the names that Prometheus gives them.

use std::fs;

use daymark_model::figure::{Figure, Figures};

/// Figures of this process, as the kernel tells them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process;

impl Figures for Process {
    /// What the kernel does not tell is left out.
    fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_seconds(&stat))
        {
            let help = "CPU time, user and system.";
            figures.push(Figure::counter("process_cpu_seconds_total", help, seconds));
        }
        if let Some(bytes) = fs::read_to_string("/proc/self/status").ok().and_then(|told| resident(&told)) {
            figures.push(Figure::gauge("process_resident_memory_bytes", "Memory in use.", bytes));
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            figures.push(Figure::gauge("process_open_fds", "Open files.", open.count() as f64));
        }
        figures
    }
}

/// Fields 14 and 15, counted after the name of the program, which may contain anything. Linux counts them
/// in hundredths of a second on every machine we know.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests;
