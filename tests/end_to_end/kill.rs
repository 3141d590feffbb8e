//! `kill -9` under load, many times: nothing acknowledged is lost, nothing is stored twice, the ledger agrees.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use daymark_workload::{Request, Signal};

use crate::server::{Server, shop};

/// `make soak` sets more.
const ROUNDS_VARIABLE: &str = "DAYMARK_KILLS";
const ROUNDS: usize = 50;

/// Sends until the process is gone; answers the requests that were acknowledged and the one that was not.
fn send_until_killed<'a>(
    server: &Server,
    requests: &mut impl Iterator<Item = &'a Request>,
    killed: &AtomicBool,
) -> (Vec<&'a Request>, Option<&'a Request>) {
    let mut acknowledged = Vec::new();
    for request in requests {
        let url = format!("{}{}", server.otlp, request.signal.http_path());
        match server.try_post(&url, "application/x-protobuf", request.body.clone()) {
            Ok(answer) if answer.status == 200 => acknowledged.push(request),
            _ => return (acknowledged, Some(request)),
        }
        if killed.load(Ordering::SeqCst) {
            break;
        }
    }
    (acknowledged, None)
}

#[test]
fn killed_under_load_again_and_again() {
    let rounds = std::env::var(ROUNDS_VARIABLE).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (requests, _, _) = shop(7, 400, 10.0);
    let spans: Vec<Request> =
        requests.into_iter().filter(|request| request.signal == Signal::Spans).collect();
    let mut left = spans.iter();
    let mut server = Server::start();
    let mut sure = 0;
    for round in 0..rounds {
        let killed = AtomicBool::new(false);
        let process = server.process_id();
        let (acknowledged, doubtful) = thread::scope(|scope| {
            scope.spawn(|| {
                // The moment differs from round to round, and is the same in every run.
                thread::sleep(Duration::from_millis(5 + (round as u64 * 37) % 120));
                kill_process(process);
                killed.store(true, Ordering::SeqCst);
            });
            send_until_killed(&server, &mut left, &killed)
        });
        server.kill();
        server.restart();
        server.wait_until_ready();
        sure += acknowledged.iter().map(|request| request.items as u64).sum::<u64>();
        let found = server.number("SELECT count(*) FROM spans");
        let perhaps = doubtful.map_or(0, |request| request.items as u64);
        assert!(
            found == sure || found == sure + perhaps,
            "round {round}: {sure} acknowledged, {perhaps} unanswered, {found} found"
        );
        // What was not acknowledged is sent again; whether it was stored or not, it is there once after this.
        if let Some(request) = doubtful {
            assert_eq!(server.send(request).status, 200);
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
