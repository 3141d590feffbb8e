//! Services, traffic and the map over HTTP: what the engine is asked, and what is said of bad parameters.

use crate::site::{NOW, Site};

#[tokio::test]
async fn services_traffic_and_the_map_are_asked_for() {
    let site = Site::start().await;
    let hour = 3_600_000_000_000;
    let before = |hours: i64| format!("from: Nanos({})", NOW.0 - hours * hour);
    let cases = [
        ("/services?group=team", "group: Some(Team)".to_owned()),
        ("/services/pay%20me", "service: \"pay me\"".into()),
        ("/services/payment?compare=prev", format!("compare: Some(Range {{ {}", before(2))),
        (
            "/services/payment/operations?env=prod&limit=7",
            "key: Env, value: \"prod\" }], compare: None, limit: 7".into(),
        ),
        ("/services/payment/dependencies?from=-2h", before(2)),
        ("/services/payment/instances?limit=2000", "limit: 2000".into()),
        ("/services/payment/errors?scope=env:prod", "key: Env".into()),
        ("/services/payment/deploys?cursor=7", "cursor: Some(\"7\")".into()),
        (
            "/services/payment/durations?op=charge&at_ns=1.5s&bins=10",
            "at_ns: Some(1500000000), bins: 10".into(),
        ),
        ("/services/payment/heatmap?cells_x=5&cells_y=6", "cells_x: 5, cells_y: 6".into()),
        ("/services/payment/runtime", "service: \"payment\"".into()),
        ("/overview?scope=ns:shop", "key: Namespace".into()),
        ("/traffic?service=web&by=version&buckets=9", "by_version: true, buckets: 9".into()),
        ("/events?kind=deploy&kind=alert&service=web", "[Deploy, Alert]".into()),
        ("/map?focus=web&focus=cart&up=0&down=5", "focus: [\"web\", \"cart\"], up: 0, down: 5".into()),
        ("/map?at=-1h", before(2)),
        ("/map?level=group&group=k8s.cluster.name&overlay=latency", "Attribute(\"k8s.cluster.name\")".into()),
        ("/map?find=err%3E5%25", "Field(ErrorRate)".into()),
        ("/map/edges/web/postgresql:shop", "server: \"postgresql:shop\"".into()),
        ("/map/replay?steps=240", "steps: 240".into()),
    ];
    for (path, expected) in cases {
        let answer = site.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(site.ask.last().contains(&expected), "{path}: {expected} in {}", site.ask.last());
    }
}

#[tokio::test]
async fn what_services_and_the_map_cannot_be_asked_is_told() {
    let site = Site::start().await;
    let cases = [
        ("/services?group=colour", "one of namespace, team, version"),
        ("/services/a/operations?sort=name", "known: "),
        ("/services/a/heatmap?cells_x=401", "between 1 and 400"),
        ("/services/a/durations?bins=0", "between 1 and 80"),
        ("/services/a/durations?at_ns=fast", "no duration"),
        ("/traffic?by=env", "one of version"),
        ("/traffic?buckets=2000", "between 1 and 1440"),
        ("/events?kind=deploys", "deploy, config"),
        ("/map?up=6", "between 0 and 5"),
        ("/map?level=pod", "group, service, operation"),
        ("/map?overlay=mood", "health, latency"),
        ("/map?find=err%3E", "bad_query"),
        ("/map/replay?steps=241", "between 1 and 240"),
        ("/overview?service=a", "known: "),
    ];
    for (path, said) in cases {
        let answer = site.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json().to_string().contains(said), "{path}: {said} in {}", answer.json());
    }
}

#[tokio::test]
async fn a_map_that_is_known_is_not_sent_again() {
    let site = Site::start().await;
    let first = site.get("/api/v1/map").await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = site.send("GET", "/api/v1/map", &[("if-none-match", &tag)], b"").await;
    assert_eq!(again.status, 304);
}
