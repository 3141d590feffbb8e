//! The table of refusals, by what it means for senders.

use super::*;

const DELAY: Duration = Duration::from_secs(5);

fn all() -> Vec<Kind> {
    let mut kinds = vec![
        Kind::NoSuchPath,
        Kind::Method,
        Kind::ContentType,
        Kind::Encoding,
        Kind::Unreadable,
        Kind::TooLarge,
        Kind::Bomb,
        Kind::TooSlow,
    ];
    kinds.extend(Rejected::ALL.iter().map(|&reason| Kind::Busy { reason, retry_after: DELAY }));
    kinds
}

/// Whether a sender that follows the OTLP specification resends after these codes.
fn is_resent(row: &Row) -> (bool, bool) {
    let grpc = match row.grpc {
        Code::Cancelled | Code::DeadlineExceeded | Code::Aborted | Code::OutOfRange => true,
        Code::Unavailable | Code::DataLoss => true,
        Code::ResourceExhausted => row.retry_after.is_some(),
        _ => false,
    };
    let http = matches!(row.http.as_u16(), 429 | 502 | 503 | 504);
    (grpc, http)
}

#[test]
fn senders_resend_exactly_what_may_succeed_later() {
    for kind in all() {
        let row = kind.row();
        let (grpc, http) = is_resent(&row);
        let busy = matches!(kind, Kind::Busy { .. });
        assert_eq!(http, busy, "{kind:?}");
        // Over gRPC a deadline belongs to the call, not to its content.
        assert_eq!(grpc, busy || kind == Kind::TooSlow, "{kind:?}");
        assert_eq!(row.retry_after.is_some(), busy, "{kind:?}");
        assert!(row.http.is_client_error() || row.http.is_server_error(), "{kind:?}");
    }
}

#[test]
fn the_ledger_learns_the_reason_of_the_intake() {
    for &reason in Rejected::ALL {
        assert_eq!(Kind::Busy { reason, retry_after: DELAY }.row().ledger, reason);
    }
    for (kind, reason) in [
        (Kind::TooLarge, Rejected::TooLargeRequest),
        (Kind::Bomb, Rejected::RatioGuard),
        (Kind::Unreadable, Rejected::Decode),
    ] {
        assert_eq!(kind.row().ledger, reason);
    }
}

#[test]
fn retries_are_spread_over_one_to_five_seconds() {
    let delays: Vec<_> =
        (0..100_000).map(|step| spread_retry(Nanos(step * 77 * Nanos::MICROSECOND))).collect();
    assert_eq!(delays.iter().min(), Some(&Duration::from_secs(1)));
    assert_eq!(delays.iter().max(), Some(&Duration::from_secs(5)));
    assert!(spread_retry(Nanos(i64::MIN)) <= Duration::from_secs(5));
}

#[test]
fn http_hints_are_rounded_up() {
    for (millis, seconds) in [(1_000, 1), (1_001, 2), (30_000, 30), (1, 1)] {
        assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis}");
    }
}
