//! Where senders send to, and who does.

use std::net::IpAddr;
use std::sync::Arc;

use daymark_model::arrivals::{Arrivals, Arrived, Door, RefusedSender, Sender};
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use daymark_serve::IntakeDoors;
use serde_json::json;

use crate::canned::Canned;
use crate::site::Site;

#[derive(Debug)]
struct One;

impl Arrivals for One {
    fn arrived(&self) -> Arrived {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let (source, last) = ("otlp_http".to_owned(), Nanos(7));
        Arrived {
            per_second: vec![0, 3],
            doors: vec![Door { source: source.clone(), signal: Signal::Logs, items: 3, last }],
            senders: vec![Sender { peer, signals: vec![Signal::Logs], last }],
            refused: vec![RefusedSender { peer, source, reason: Rejected::Decode, count: 2, last }],
        }
    }
}

#[tokio::test]
async fn doors_tell_what_came_in() {
    let site = Site::start_with(Canned::default(), |options| {
        options.intake = Some(IntakeDoors {
            listeners: vec![("otlp_http", ([127, 0, 0, 1], 4318).into())],
            arrivals: Arc::new(One),
            data_dir: "/data".into(),
        });
    })
    .await;
    let reply = site.get("/api/v1/system/intake").await.json();
    let data = &reply["data"];
    assert_eq!(data["listeners"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        data["listeners"][1],
        json!({"source": "otlp_http", "signal": "logs", "address": "127.0.0.1:4318", "path": "/v1/logs",
            "items": 3, "last_at": "7"})
    );
    assert_eq!((&data["listeners"][0]["items"], &data["listeners"][0]["last_at"]), (&json!(0), &json!(null)));
    assert_eq!(data["senders"], json!([{"peer": "10.0.0.1", "signals": ["logs"], "last_at": "7"}]));
    assert_eq!(
        data["refused"],
        json!([{"peer": "10.0.0.1", "address": "127.0.0.1:4318", "reason": "decode", "count": 2, "last_at": "7"}])
    );
    assert_eq!((&data["per_s"], &data["data_dir"]), (&json!([0, 3]), &json!("/data")));
    let alone = Site::start().await;
    assert_eq!(alone.get("/api/v1/system/intake").await.json()["data"]["listeners"], json!([]));
}
