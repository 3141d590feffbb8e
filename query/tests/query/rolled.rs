//! `red`, `red_instances` and `edges` answer for spans that are gone, each span once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_storage::Repairs;
use daymark_vfs::{RealFs, Vfs};
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Signal, Truth};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::data::NOON;
use crate::place::Place;
use crate::sums::{CLOSED, House, deliver};

const DAY: u64 = 86_400;

/// Half a minute that begins in one hour and ends in the next.
fn shop(seed: u64, hour: i64) -> (Vec<Request>, Truth) {
    let start = NOON + hour * Nanos::HOUR - 10 * SECOND;
    let profile = Profile { late: 0.0, duplicates: 0.0, skew: 0, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(seed, profile), start, 5.0);
    let mut requests = feed.advance(start + 30 * SECOND);
    requests.extend(feed.finish());
    requests.retain(|request| request.signal == Signal::Spans);
    (requests, feed.truth().clone())
}

/// All that does not depend on the length of the buckets.
async fn answers(place: &Place) -> Vec<Vec<Value>> {
    let mut answers = Vec::new();
    for (table, keys, sums) in [
        (
            "red",
            "service, namespace, env, version, name, kind, entry, status_class, peer",
            "sum(count), sum(errors), sum(adjusted), sum(sum_ns), min(min_ns), max(max_ns), \
             sketch_quantile(sketch_merge(sketch), 0.95)",
        ),
        (
            "red_instances",
            "service, namespace, env, instance, version",
            "sum(count), sum(errors), sum(sum_ns), sketch_quantile(sketch_merge(sketch), 0.5)",
        ),
        (
            "edges",
            "client, server, server_kind, link, operation, namespace, env",
            "sum(count), sum(errors), sum(client_sum_ns), sum(server_sum_ns), sum(queue_sum_ns), sum(mtls), \
             sketch_quantile(sketch_merge(client_sketch), 0.9), sketch_quantile(sketch_merge(server_sketch), 0.9)",
        ),
    ] {
        let query = format!("SELECT {keys}, {sums} FROM {table} GROUP BY {keys} ORDER BY {keys}");
        answers.extend(place.rows(&query).await);
    }
    answers
}

async fn steps(place: &Place) -> Vec<Vec<Value>> {
    let of = |table| format!("SELECT step_s FROM {table}");
    let union = ["red", "red_instances", "edges"].map(of).join(" UNION ");
    place.rows(&format!("SELECT DISTINCT step_s FROM ({union}) ORDER BY 1")).await
}

async fn expire_after(place: &Place, days: u64) {
    place.wait(Duration::from_secs(days * DAY));
    place.store.expire().await.unwrap();
}

fn verified(dir: &Path, repairs: Repairs) {
    let fs: Arc<dyn Vfs> = Arc::new(RealFs);
    let report = Runtime::new().unwrap().block_on(daymark_storage::verify(dir, &fs, repairs, &|_, _| {}));
    let report = report.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn sums_outlive_their_spans() {
    let (requests, truth) = shop(8, 1);
    let house = House::new();
    let before = house.process(CLOSED, async |place| {
        deliver(place, &requests).await;
        place.store.settle().await.unwrap();
        let before = answers(place).await;
        assert_eq!(steps(place).await, [[json!(10)], [json!(60)]]);
        expire_after(place, 15).await;
        assert_eq!(place.rows("SELECT count(*) FROM spans").await, [[json!(0)]]);
        assert_eq!(answers(place).await, before);
        assert_eq!(steps(place).await, [[json!(60)]]);
        assert_eq!(place.rows("SELECT sum(count) FROM red").await, [[json!(truth.spans)]]);
        before
    });
    verified(house.path(), Repairs::default());
    verified(house.path(), Repairs { catalog: true, indexes: true });
    house.process(CLOSED, async |place| {
        assert_eq!(answers(place).await, before);
        expire_after(place, 47).await;
        assert_eq!(answers(place).await, before);
        assert_eq!(steps(place).await, [[json!(3_600)]]);
        let hours = place.rows("SELECT bucket, sum(count) FROM red GROUP BY 1").await;
        assert_eq!(hours.len(), 2);
        expire_after(place, 395).await;
        assert_eq!(answers(place).await, Vec::<Vec<Value>>::new());
    });
}

/// Sums of spans that are there and of such that are gone stand beside each other.
#[test]
fn no_span_is_counted_twice() {
    let ((early, gone), (late, left)) = (shop(9, 1), shop(10, 4));
    let total = json!(gone.spans + left.spans);
    House::new().process(CLOSED, async |place| {
        deliver(place, &early).await;
        place.store.settle().await.unwrap();
        place.wait(Duration::from_secs(10 * DAY));
        deliver(place, &late).await;
        place.store.flush().await.unwrap();
        for days in [0, 5] {
            expire_after(place, days).await;
            assert_eq!(place.rows("SELECT sum(count) FROM red").await, [[total.clone()]], "{days}");
        }
        assert_eq!(steps(place).await, [[json!(10)], [json!(60)]]);
        assert_eq!(place.rows("SELECT count(*) FROM spans").await, [[json!(left.spans)]]);
    });
}
