//! `kill -9` under load, many times: nothing acknowledged is lost, nothing is stored twice, the ledger agrees.
//! The same loop serves whoever cuts something else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use daymark_workload::Request;

use crate::server::{Server, endless_spans};

/// `make soak` sets more.
const ROUNDS_VARIABLE: &str = "DAYMARK_KILLS";
const ROUNDS: usize = 50;

/// Sends until there is no answer; answers the requests that were acknowledged and the one that was not.
fn send_until_cut(
    server: &Server,
    requests: &mut impl Iterator<Item = Request>,
    is_cut: &AtomicBool,
) -> (Vec<Request>, Option<Request>) {
    let mut acknowledged = Vec::new();
    for request in requests {
        let url = format!("{}{}", server.otlp, request.signal.http_path());
        match server.try_post(&url, "application/x-protobuf", request.body.clone()) {
            Ok(answer) if answer.status == 200 => acknowledged.push(request),
            _ => return (acknowledged, Some(request)),
        }
        if is_cut.load(Ordering::SeqCst) {
            break;
        }
    }
    (acknowledged, None)
}

#[test]
fn killed_under_load_again_and_again() {
    let mut server = Server::start();
    cut_again_and_again(&mut server, rounds(ROUNDS_VARIABLE, ROUNDS), kill_process, || {});
}

/// As many as a variable says, else as many as fit into a usual run.
pub(crate) fn rounds(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

/// Cuts the server off under load, kills it, mends what was cut, starts it again, and asks for everything.
pub(crate) fn cut_again_and_again(
    server: &mut Server,
    rounds: usize,
    cut: impl Fn(u32) + Sync,
    mend: impl Fn(),
) {
    let mut left = endless_spans(7, 10 * rounds as i64 + 60, 10.0);
    let mut sure = 0;
    for round in 0..rounds {
        let is_cut = AtomicBool::new(false);
        let process = server.process_id();
        let (acknowledged, doubtful) = thread::scope(|scope| {
            scope.spawn(|| {
                // The moment differs from round to round, and is the same in every run.
                thread::sleep(Duration::from_millis(5 + (round as u64 * 37) % 120));
                cut(process);
                is_cut.store(true, Ordering::SeqCst);
            });
            send_until_cut(server, &mut left, &is_cut)
        });
        server.kill();
        mend();
        server.restart();
        server.wait_until_ready();
        sure += acknowledged.iter().map(|request| request.items as u64).sum::<u64>();
        let found = server.number("SELECT count(*) FROM spans");
        let perhaps = doubtful.as_ref().map_or(0, |request| request.items as u64);
        assert!(
            found == sure || found == sure + perhaps,
            "round {round}: {sure} acknowledged, {perhaps} unanswered, {found} found"
        );
        // What was not acknowledged is sent again; whether it was stored or not, it is there once after this.
        if let Some(request) = doubtful {
            assert_eq!(server.send(&request).status, 200);
            sure += perhaps;
            assert_eq!(server.number("SELECT count(*) FROM spans"), sure, "round {round}: resent");
        }
        server.assert_balanced();
        if round % 10 == 9 {
            // The next rounds find part of the rows in merged segments and part in the log.
            server.settle();
            assert_eq!(server.number("SELECT count(*) FROM spans"), sure, "round {round}: settled");
        }
    }
    assert!(sure > 0, "no round acknowledged anything");
}

fn kill_process(id: u32) {
    let status = std::process::Command::new("kill").args(["-9", &id.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}
