//! Each key reaches its limit, and what could never hold is refused.

use daymark_model::limits::{GIB, KIB};

use super::*;

const LARGE: Shares = Shares {
    available: Some(16 * GIB),
    requests: 512 * MIB,
    buffers: 256 * MIB,
    flush: 128 * MIB,
    queries: 2 * GIB,
    query: GIB,
};
const SMALL: Shares = Shares {
    available: Some(256 * MIB),
    requests: 51 * MIB,
    buffers: 38 * MIB,
    flush: 15 * MIB,
    queries: 89 * MIB,
    query: 89 * MIB,
};

fn limits(text: &str, machine: &Shares) -> anyhow::Result<Limits> {
    toml::from_str::<Section>(text)?.over(machine)
}

fn complaint(text: &str) -> String {
    limits(text, &LARGE).unwrap_err().to_string()
}

#[test]
fn unset_is_the_default_or_what_the_memory_allows() {
    let large = limits("", &LARGE).unwrap();
    assert_eq!(large.intake, IntakeLimits::default());
    assert_eq!(large.query, QueryLimits::default());
    assert_eq!(large.flush_bytes, daymark_model::limits::FLUSH_BYTES);
    assert_eq!(large.buffers_bytes, daymark_model::limits::BUFFERS_BYTES);

    let small = limits("", &SMALL).unwrap();
    assert_eq!(small.intake.in_flight_bytes, SMALL.requests);
    assert_eq!(small.intake.request_wire_bytes, SMALL.requests);
    assert_eq!(small.intake.request_raw_bytes, SMALL.requests);
    assert_eq!((small.flush_bytes, small.buffers_bytes), (SMALL.flush, SMALL.buffers));
    assert_eq!((small.query.memory_bytes, small.query.pool_bytes), (SMALL.query, SMALL.queries));
}

#[test]
fn each_key_reaches_its_limit() {
    let text = r#"
request_sent = "1MiB"
request_decompressed = "2MiB"
ratio = 3
ratio_from = "4KiB"
in_flight = "5MiB"
connections = 6
connections_per_peer = 7
wait = "8s"
header_read = "9s"
body_idle = "10s"
keep_alive_idle = "11s"
flush = "12MiB"
flush_after = "13s"
buffers = "14MiB"
series = 24
query_time = "15s"
query_time_streamed = "16s"
query_memory = "17MiB"
queries_memory = "18MiB"
query_rows = 19
query_rows_streamed = 20
query_scanned = "21GiB"
queries = 22
trace_spans = 23
"#;
    let expected = Limits {
        intake: IntakeLimits {
            request_wire_bytes: MIB,
            request_raw_bytes: 2 * MIB,
            ratio_max: 3,
            ratio_from_bytes: 4 * KIB,
            in_flight_bytes: 5 * MIB,
            connections: 6,
            connections_per_peer: 7,
            wait: Duration::from_secs(8),
            header_read: Duration::from_secs(9),
            body_idle: Duration::from_secs(10),
            keep_alive_idle: Duration::from_secs(11),
        },
        flush_bytes: 12 * MIB,
        flush_after: Duration::from_secs(13),
        buffers_bytes: 14 * MIB,
        series: 24,
        query: QueryLimits {
            wall: Duration::from_secs(15),
            wall_streamed: Duration::from_secs(16),
            memory_bytes: 17 * MIB,
            pool_bytes: 18 * MIB,
            rows: 19,
            rows_streamed: 20,
            scanned_bytes: 21 << 30,
            concurrency: 22,
            trace_spans: 23,
        },
    };
    let read = limits(text, &LARGE).unwrap();
    assert_eq!(read, expected);
    assert_eq!(read.to_string(), format!("[limits]{text}"));
}

#[test]
fn a_wrong_value_is_named_with_what_is_expected() {
    for (text, told) in [
        ("request_sent = \"64MB\"", "limits.request_sent = \"64MB\" is no size; write it as 200GiB"),
        ("in_flight = \"0MiB\"", "limits.in_flight = \"0MiB\" is no size"),
        ("buffers = 5", "limits.buffers = \"5\" is no size"),
        ("wait = 2", "limits.wait = \"2\" is no time up to 1d; write it as 2s or 10m"),
        ("body_idle = \"25h\"", "limits.body_idle = \"25h\" is no time up to 1d"),
        ("flush_after = \"0s\"", "limits.flush_after = \"0s\" is no time"),
        ("queries = 0", "limits.queries = \"0\" is no number from 1 to 4294967295; write it as 1000"),
        ("query_rows = \"many\"", "limits.query_rows = \"many\" is no number"),
        ("connections = true", "limits.connections = \"true\" is no number"),
        ("trace_spans = 1.5", "limits.trace_spans = \"1.5\" is no number"),
        ("query_row = 5", "unknown field `query_row`"),
    ] {
        let complaint = complaint(text);
        assert!(complaint.contains(told), "{text}: {complaint}");
    }
}

#[test]
fn what_could_never_hold_is_refused() {
    for (text, told) in [
        (
            "in_flight = \"32MiB\"\nrequest_sent = \"33MiB\"",
            "limits.request_sent = 33MiB is more than limits.in_flight = 32MiB",
        ),
        ("request_decompressed = \"513MiB\"", "513MiB is more than limits.in_flight = 512MiB"),
        ("in_flight = \"3GiB\"\nrequest_sent = \"2GiB\"", "could not be stored"),
        ("flush = \"2GiB\"", "limits.flush = 2GiB is more than limits.buffers = 256MiB"),
        ("query_memory = \"3GiB\"", "limits.query_memory = 3GiB is more than limits.queries_memory = 2GiB"),
        (
            "queries_memory = \"16GiB\"",
            "limits.in_flight = 512MiB, limits.buffers = 256MiB, limits.queries_memory = 16GiB are 17152MiB \
             together, and this machine or its container has 16384MiB",
        ),
    ] {
        let complaint = complaint(text);
        assert!(complaint.contains(told), "{text}: {complaint}");
    }
}

#[test]
fn what_is_unset_makes_way_for_what_is_set() {
    let set =
        limits("in_flight = \"8MiB\"\nbuffers = \"40MiB\"\nqueries_memory = \"64MiB\"", &LARGE).unwrap();
    assert_eq!(set.intake.request_wire_bytes, 8 * MIB);
    assert_eq!(set.intake.request_raw_bytes, 8 * MIB);
    assert_eq!(set.flush_bytes, 20 * MIB);
    assert_eq!(set.query.memory_bytes, 64 * MIB);
}
