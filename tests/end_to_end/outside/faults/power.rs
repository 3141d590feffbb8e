//! The power goes at any moment: after the next start everything that was acknowledged is there, once.
//!
//! An ext4 file system on a loop device is shut down under the server. What was not synced is lost with it,
//! as on a machine without power. Such a machine does not answer either, so the process stops before its disk:
//! a sync that ends after the shutdown may say that it succeeded.

use std::process::Command;
use std::time::Duration;

use super::mounted::{Mounted, cut_power};
use crate::kill::{cut_again_and_again, rounds};
use crate::outside::skip;
use crate::server::Server;

/// `make soak` sets more.
const ROUNDS_VARIABLE: &str = "DAYMARK_POWER_CUTS";
const ROUNDS: usize = 12;

#[test]
fn the_power_goes_again_and_again() {
    let disk = match Mounted::ext4(1_024) {
        Ok(disk) => disk,
        Err(needs) => return skip(&needs),
    };
    if let Err(needs) = cut_power(&disk.place) {
        return skip(&needs);
    }
    disk.mount_again();
    let mut server = Server::start_in(&disk.place.join("data"), &disk.beside("log"));
    let cut = |process| {
        freeze(process);
        cut_power(&disk.place).unwrap();
        signal(process, "KILL");
    };
    cut_again_and_again(&mut server, rounds(ROUNDS_VARIABLE, ROUNDS), cut, || disk.mount_again());
}

/// Stops every thread; one that is in a sync gets no further than the end of it.
fn freeze(process: u32) {
    signal(process, "STOP");
    let is_running = |stat: &str| {
        // The state stands behind the name, which may hold anything.
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        !matches!(state, Some('T' | 'D'))
    };
    let threads = format!("/proc/{process}/task");
    loop {
        let threads = std::fs::read_dir(&threads).unwrap();
        let stats = threads.flatten().flat_map(|thread| std::fs::read_to_string(thread.path().join("stat")));
        if !stats.into_iter().any(|stat| is_running(&stat)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(status.unwrap().success());
}
