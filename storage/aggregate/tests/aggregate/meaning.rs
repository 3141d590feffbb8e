//! Small cases worked out by hand: messages that wait, and ids shared by both halves of a call.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use daymark_aggregate::{Aggregate, Kind, Label, Owner, Span, Sums};

fn span(service: &str, id: u8, parent: Option<u8>, kind: Kind, (start, duration): (i64, u64)) -> Span {
    let bytes = |number| [0, 0, 0, 0, 0, 0, 0, number];
    Span {
        trace: [7; 16],
        id: bytes(id),
        parent: parent.map(bytes),
        owner: Arc::new(Owner { service: service.into(), ..Owner::default() }),
        label: Arc::new(Label { name: "work".into(), kind, ..Label::default() }),
        start,
        duration,
        adjusted: 1.0,
        is_answered: false,
    }
}

fn shared(span: Span) -> Span {
    Span { label: Arc::new(Label { is_shared: true, ..Label::clone(&span.label) }), ..span }
}

fn with_peer(span: Span, peer: &str) -> Span {
    Span { label: Arc::new(Label { peer: Some(peer.into()), ..Label::clone(&span.label) }), ..span }
}

fn sums(spans: &[Span]) -> Sums {
    let mut sums = Sums::default();
    sums.rest(spans, &[]);
    sums
}

/// Each edge as `client > server link count client_sum_ns server_sum_ns queue_sum_ns`.
fn edges(spans: &[Span]) -> Vec<String> {
    let batch = Aggregate::Edges.rows(&sums(spans)).unwrap();
    let options = FormatOptions::default().with_null("-");
    let show = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap();
        ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string()
    };
    let words = ["client", "server", "link", "count", "client_sum_ns", "server_sum_ns", "queue_sum_ns"];
    (0..batch.num_rows()).map(|row| words.map(|word| show(word, row)).join(" ")).collect()
}

#[test]
fn a_message_waits_between_its_halves() {
    let send = with_peer(span("shop", 1, None, Kind::Producer, (100, 10)), "orders");
    let work = span("mail", 2, Some(1), Kind::Consumer, (150, 30));
    assert_eq!(edges(&[send.clone(), work]), ["shop mail messaging 1 10 30 40"]);
    assert_eq!(edges(std::slice::from_ref(&send)), ["shop orders messaging 1 10 0 -"]);
    // By a clock that is behind, a message arrives before it was sent.
    let early = span("mail", 2, Some(1), Kind::Consumer, (50, 30));
    assert_eq!(edges(&[send, early]), ["shop mail messaging 1 10 30 0"]);
}

#[test]
fn halves_that_share_an_id_are_one_call() {
    let client = with_peer(span("shop", 1, None, Kind::Client, (100, 50)), "cart:80");
    let server = shared(span("cart", 1, None, Kind::Server, (110, 30)));
    // Inside the called service, below the id of both.
    let inner = span("cart", 2, Some(1), Kind::Unspecified, (112, 5));
    let next = with_peer(span("cart", 3, Some(1), Kind::Client, (113, 5)), "bank");
    let spans = [client, server, inner, next];
    assert_eq!(edges(&spans), ["cart bank call 1 5 0 -", "shop cart call 1 50 30 -"]);
    let red = Aggregate::Red.rows(&sums(&spans)).unwrap();
    let counts = red.column_by_name("count").unwrap().as_primitive::<UInt64Type>();
    let entries = red.column_by_name("entry").unwrap().as_boolean();
    let of_entries = counts.iter().zip(entries).filter(|(_, entry)| *entry == Some(true));
    // The root of the shop and the call that the cart took.
    assert_eq!(of_entries.map(|(count, _)| count.unwrap()).sum::<u64>(), 2);
}

#[test]
fn a_root_that_serves_is_called_by_a_user() {
    let serves = span("shop", 1, None, Kind::Server, (100, 50));
    let timer = span("shop", 2, None, Kind::Internal, (100, 50));
    let lost = span("cart", 3, Some(9), Kind::Server, (100, 50));
    assert_eq!(edges(&[serves, timer, lost]), ["user shop call 1 0 50 -"]);
}
