//! The map has the calls that plain code counts, in every form it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_view::ask_services::AskServices;
use daymark_view::error::Code;
use daymark_view::map::{GroupBy, MapAsk, MapEdgeAsk, MapLevel, NodeKind, Overlay, ReplayAsk, ServiceMap};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Query};
use daymark_view::services::{Scope, ServiceState};
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Signal};
use serde_json::json;

use crate::data::{self, NOON, Span};
use crate::place::{Place, query_id};
use crate::sums::plain::plain;
use crate::sums::{CLOSED, House, OPEN};

pub(crate) fn ask(from: i64, to: i64) -> MapAsk {
    MapAsk {
        query_id: query_id(),
        range: Range { from: Nanos(from), to: Nanos(to) },
        scope: Vec::new(),
        level: MapLevel::Service,
        group: GroupBy::Namespace,
        focus: Vec::new(),
        up: 1,
        down: 1,
        find: Query::default(),
        hide: Query::default(),
        overlay: None,
    }
}

fn edges(map: &ServiceMap) -> BTreeMap<[String; 2], u64> {
    let mut edges = BTreeMap::new();
    for edge in &map.edges {
        *edges.entry([edge.client.clone(), edge.server.clone()]).or_default() += edge.count;
    }
    edges
}

fn ids(map: &ServiceMap) -> BTreeSet<&str> {
    map.nodes.iter().map(|node| node.id.as_str()).collect()
}

async fn map(place: &Place, ask: MapAsk) -> ServiceMap {
    let answer = place.answerer.map(ask).await.unwrap();
    assert!(answer.meta.partial.is_empty());
    answer.data
}

async fn assert_map(place: &Place, what: &str) {
    let plain = plain(place).await;
    for (from, to) in [(NOON, NOON + Nanos::HOUR), (NOON + 600 * SECOND, NOON + 620 * SECOND)] {
        let mut expected: BTreeMap<[String; 2], u64> = BTreeMap::new();
        for (key, values) in &plain.edges {
            if (from..to).contains(&key[0].parse::<i64>().unwrap()) {
                *expected.entry([key[1].clone(), key[2].clone()]).or_default() += values[0];
            }
        }
        let told = map(place, ask(from, to)).await;
        assert_eq!(edges(&told), expected, "{what}");
        let known = ids(&told);
        assert!(told.edges.iter().all(|edge| known.contains(edge.client.as_str())), "{what}");
        assert!(told.edges.iter().all(|edge| edge.points.len() >= 2), "{what}");
        assert_eq!(map(place, ask(from, to)).await, told, "{what}: twice the same");
    }
}

#[test]
fn the_map_of_the_shop_is_exact_wherever_its_spans_are() {
    let house = House::new();
    let begin = NOON + 10 * Nanos::MINUTE - 7 * SECOND;
    house.process(OPEN, async |place| {
        let profile = Profile { duplicates: 0.0, request_items: 25, ..Profile::shop() };
        let mut feed = Feed::new(Shop::new(17, profile), begin, 4.0);
        let mut requests: Vec<Request> = feed.advance(begin + 30 * SECOND);
        requests.extend(feed.finish());
        requests.retain(|request| request.signal == Signal::Spans);
        for (at, request) in requests.into_iter().enumerate() {
            place.deliver("spans", Format::OtlpProtobuf, request.body.into()).await;
            if at % 20 == 19 {
                place.store.flush().await.unwrap();
            }
        }
        assert_map(place, "in segments and buffers").await;
    });
    house.process(CLOSED, async |place| {
        assert_map(place, "opened again").await;
        place.store.settle().await.unwrap();
        assert_map(place, "settled").await;
    });
}

/// web calls cart and a database, cart calls an outside host and writes a queue; nobody calls lonely.
async fn chain(place: &Place) {
    let with = |span: Span, attributes: serde_json::Value| Span { attributes, ..span };
    let web = [
        Span::new(data::TRACE, 1, None, "GET /", 2, 1_000),
        Span::new(data::TRACE, 2, Some(1), "call cart", 3, 1_001),
        with(
            Span::new(data::TRACE, 3, Some(1), "select", 3, 1_002),
            json!({"db.system.name": "postgresql", "db.namespace": "shop"}),
        ),
    ];
    let cart = [
        Span { is_error: true, ..Span::new(data::TRACE, 4, Some(2), "load", 2, 1_003) },
        with(Span::new(data::TRACE, 5, Some(4), "ask", 3, 1_004), json!({"server.address": "api.example"})),
        with(
            Span::new(data::TRACE, 6, Some(4), "send", 4, 1_005),
            json!({"messaging.system": "kafka", "messaging.destination.name": "orders"}),
        ),
    ];
    place.send("spans", &data::spans("web", "prod", &web)).await;
    place.send("spans", &data::spans("cart", "test", &cart)).await;
    place
        .send("spans", &data::spans("lonely", "prod", &[Span::new(data::SHORT_TRACE, 9, None, "tick", 1, 0)]))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_service_has_its_kind() {
    let place = Place::empty().await;
    chain(&place).await;
    let told = map(&place, ask(NOON, NOON + Nanos::HOUR)).await;
    let kinds: BTreeMap<&str, NodeKind> =
        told.nodes.iter().map(|node| (node.id.as_str(), node.kind)).collect();
    let expected = [
        ("api.example", NodeKind::External),
        ("cart", NodeKind::Service),
        ("lonely", NodeKind::Service),
        ("orders", NodeKind::Queue),
        ("postgresql:shop", NodeKind::Database),
        ("user", NodeKind::User),
        ("web", NodeKind::Service),
    ];
    assert_eq!(kinds, expected.into());
    assert_eq!(told.unconnected, ["lonely"]);
    let group = &told.groups[0];
    assert_eq!((group.id.as_str(), group.nodes.len()), ("shop", 3));
    let edge = |client: &str, server: &str| {
        told.edges.iter().find(|edge| edge.client == client && edge.server == server).unwrap()
    };
    assert_eq!(edge("web", "postgresql:shop").protocol.as_deref(), Some("postgresql"));
    assert_eq!((edge("web", "cart").errors, edge("web", "cart").network_mean_ns), (1, Some(0)));
    assert_eq!(edge("cart", "orders").link, "messaging");
    let left = |id: &str| told.nodes.iter().find(|node| node.id == id).unwrap().x;
    assert!(left("user") < left("web") && left("web") < left("cart") && left("cart") < left("orders"));
    assert_eq!(left("postgresql:shop"), left("orders"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_is_narrowed_grouped_marked_and_wound_back() {
    let place = Place::empty().await;
    chain(&place).await;
    let hour = ask(NOON, NOON + Nanos::HOUR);
    let near = |focus: &str, up, down| MapAsk { focus: vec![focus.into()], up, down, ..hour.clone() };
    let told = map(&place, near("cart", 1, 0)).await;
    assert_eq!(ids(&told), BTreeSet::from(["cart", "web"]));
    let web = told.nodes.iter().find(|node| node.id == "web").unwrap();
    assert_eq!((web.hidden_callers, web.hidden_callees), (1, 1));
    assert_eq!(ids(&map(&place, near("web", 0, 2)).await).len(), 5);
    let error = place.answerer.map(near("wob", 1, 1)).await.unwrap_err();
    assert_eq!(error.problem().hint.as_deref(), Some("did you mean \"web\"?"));

    let by_env = MapAsk { level: MapLevel::Group, group: GroupBy::Env, ..hour.clone() };
    let told = map(&place, by_env).await;
    assert_eq!(edges(&told)[&["prod".into(), "test".into()]], 1);
    let prod = told.nodes.iter().find(|node| node.id == "prod").unwrap();
    assert_eq!((prod.kind, prod.services, prod.count), (NodeKind::Group, Some(2), 2));
    let by_attribute = MapAsk { group: GroupBy::Attribute("service.instance.id".into()), ..hour.clone() };
    assert_eq!(map(&place, by_attribute).await.groups.len(), 2);

    let told = map(&place, MapAsk { level: MapLevel::Operation, ..hour.clone() }).await;
    assert_eq!(edges(&told)[&["web".into(), "cart/load".into()]], 1);

    let parse = |q: &str| search::parse(Domain::Map, q).unwrap();
    let marked = map(&place, MapAsk { find: parse("err>5% -service:web"), ..hour.clone() }).await;
    let found: Vec<_> =
        marked.nodes.iter().filter(|node| node.is_match).map(|node| node.id.as_str()).collect();
    assert_eq!(found, ["cart"]);
    assert_eq!(marked.edges.iter().filter(|edge| edge.is_match).count(), 0, "an edge has no name");
    let hidden = map(&place, MapAsk { hide: parse("service:postgres* OR lonely"), ..hour.clone() }).await;
    assert_eq!(ids(&hidden), BTreeSet::from(["api.example", "cart", "orders", "user", "web"]));

    let health = map(&place, MapAsk { overlay: Some(Overlay::Health), ..hour.clone() }).await;
    let cart = health.nodes.iter().find(|node| node.id == "cart").unwrap();
    assert_eq!(cart.overlay.as_ref().unwrap().value, Some(1.0));

    let scope = vec![Scope::parse("env:test").unwrap()];
    let test = map(&place, MapAsk { scope, ..hour }).await;
    assert_eq!(ids(&test), BTreeSet::from(["api.example", "cart", "orders", "web"]));
    let before = map(&place, ask(NOON - Nanos::HOUR, NOON)).await;
    assert_eq!((before.nodes.len(), before.edges.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_tells_its_operations_statuses_and_traces() {
    let place = Place::empty().await;
    chain(&place).await;
    let ask = |client: &str, server: &str| MapEdgeAsk {
        query_id: query_id(),
        client: client.into(),
        server: server.into(),
        range: Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) },
        scope: Vec::new(),
    };
    for (client, server, operation, code) in [
        ("web", "cart", "load", "error"),
        ("user", "web", "GET /", "unset"),
        ("web", "postgresql:shop", "select", "unset"),
    ] {
        let edge = place.answerer.map_edge(ask(client, server)).await.unwrap().data;
        assert_eq!((edge.edge.count, edge.operations[0].name.as_str()), (1, operation));
        assert_eq!((edge.codes[0].code.as_str(), edge.codes[0].count), (code, 1), "{client} {server}");
        assert_eq!(edge.traces.len(), 1, "{client} {server}");
        assert_eq!(edge.traces[0].trace_id.to_string(), data::TRACE);
        let calls: f64 =
            edge.series.rate.iter().flatten().map(|rate| rate * edge.series.step_ns as f64 / 1e9).sum();
        assert!((calls - 1.0).abs() < 1e-6, "{calls}");
    }
    let error = place.answerer.map_edge(ask("cart", "web")).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_when_states_changed() {
    let place = Place::empty().await;
    let spans: Vec<Span> = (0..120)
        .map(|at| Span {
            is_error: (80..100).contains(&at),
            ..Span::new(data::TRACE, 1 + at as u64, None, "GET", 2, at * 500)
        })
        .collect();
    place.send("spans", &data::spans("web", "prod", &spans)).await;
    let ask = ReplayAsk {
        query_id: query_id(),
        range: Range { from: Nanos(NOON + 30 * SECOND), to: Nanos(NOON + 60 * SECOND) },
        scope: Vec::new(),
        steps: 3,
    };
    let steps = place.answerer.map_replay(ask).await.unwrap().data;
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            let web = step.changes.iter().filter(|change| change.node.as_deref() == Some("web"));
            ((step.at.0 - NOON) / SECOND, web.map(|change| change.state).collect::<Vec<_>>())
        })
        .collect();
    let expected =
        [(30, vec![ServiceState::Ok]), (40, vec![ServiceState::Critical]), (50, vec![ServiceState::Ok])];
    assert_eq!(told, expected);
    assert!(steps[0].changes.iter().any(|change| change.edge == Some(["user".into(), "web".into()])));
}

/// Both sides of a call count once, in whatever order and however far apart they come.
#[test]
fn a_call_whose_sides_come_apart_counts_once() {
    let house = House::new();
    let client = Span {
        attributes: json!({"peer.service": "cart"}),
        ..Span::new(data::TRACE, 1, None, "call", 3, 60_000)
    };
    let server = Span::new(data::TRACE, 2, Some(1), "serve", 2, 60_001);
    let (web, cart) = (data::spans("web", "prod", &[client]), data::spans("cart", "prod", &[server]));
    let once = BTreeMap::from([(["web".to_owned(), "cart".to_owned()], 1)]);
    house.process(OPEN, async |place| {
        place.send("spans", &web).await;
        // Nobody answered yet: a call to what its attributes name.
        let alone = map(place, ask(NOON, NOON + Nanos::HOUR)).await;
        assert_eq!((edges(&alone), alone.edges[0].server_kind.as_str()), (once.clone(), "external"));
    });
    house.process(OPEN + 5 * Nanos::MINUTE, async |place| {
        place.store.flush().await.unwrap();
        place.wait(std::time::Duration::from_secs(300));
        place.send("spans", &cart).await;
        let both = map(place, ask(NOON, NOON + Nanos::HOUR)).await;
        assert_eq!((edges(&both), both.edges[0].server_kind.as_str()), (once.clone(), "service"));
        place.store.flush().await.unwrap();
        assert_eq!(edges(&map(place, ask(NOON, NOON + Nanos::HOUR)).await), once);
    });
    house.process(CLOSED, async |place| {
        assert_eq!(edges(&map(place, ask(NOON, NOON + Nanos::HOUR)).await), once, "opened again");
        place.store.settle().await.unwrap();
        let settled = map(place, ask(NOON, NOON + Nanos::HOUR)).await;
        assert_eq!((edges(&settled), settled.edges[0].server_kind.as_str()), (once.clone(), "service"));
    });
}
