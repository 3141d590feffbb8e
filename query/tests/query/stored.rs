//! What people keep, over restarts and between writers.

use std::sync::Arc;

use daymark_model::limits::QueryLimits;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::stored::{AskStored, Change, Prefs, SavedView, Shared, ViewsAsk};
use serde_json::json;

use crate::data::NOON;
use crate::place::{Place, query_id};

fn view(name: &str, kind: &str) -> SavedView {
    SavedView { name: name.into(), kind: kind.into(), url: format!("/{kind}?q={name}"), shared: false }
}

async fn names(place: &Place, kind: Option<&str>) -> Vec<String> {
    let kind = kind.map(str::to_owned);
    let ask = ViewsAsk { query_id: query_id(), kind, limit: 100, cursor: None };
    let found = place.answerer.saved_views(ask).await.unwrap().data;
    found.into_iter().map(|view| view.body.name).collect()
}

fn conflict(error: &AskError) -> serde_json::Value {
    assert_eq!(error.code(), Code::Conflict);
    error.problem().current.clone().unwrap()
}

#[tokio::test]
async fn what_is_kept_survives_a_restart() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let open = || Place::on(Arc::clone(&dir), Nanos(NOON), QueryLimits::default());
    let place = open().await;
    let ask = &place.answerer;
    let slow = ask.save_view(query_id(), None, view("slow", "traces")).await.unwrap().data;
    ask.save_view(query_id(), None, view("errors", "logs")).await.unwrap();
    let gone = ask.save_view(query_id(), None, view("gone", "logs")).await.unwrap().data;
    ask.delete_view(query_id(), gone.id.clone()).await.unwrap();
    let prefs = Prefs { version: 0, all: json!({"theme": "dark"}).as_object().unwrap().clone() };
    ask.save_prefs(query_id(), prefs).await.unwrap();
    let share = ask.share(query_id(), Shared { url: "/logs?q=a".into() }).await.unwrap().data;
    place.store.close().await.unwrap();
    drop(place);

    let place = open().await;
    let ask = &place.answerer;
    assert_eq!(names(&place, None).await, ["errors", "slow"]);
    assert_eq!(names(&place, Some("traces")).await, ["slow"]);
    assert_eq!(ask.saved_view(query_id(), slow.id.clone()).await.unwrap().data, slow);
    assert_eq!(ask.prefs(query_id()).await.unwrap().data.all["theme"], "dark");
    assert_eq!(ask.shared(query_id(), share.id).await.unwrap().data.url, "/logs?q=a");
    for error in [
        ask.saved_view(query_id(), gone.id.clone()).await.err(),
        ask.delete_view(query_id(), gone.id).await.err(),
        ask.shared(query_id(), slow.id).await.err(),
    ] {
        assert_eq!(error.map(|error| error.code()), Some(Code::NotFound));
    }
    // Another tenant keeps other things.
    let other = place.answerer.of_tenant("_daymark");
    let ask = ViewsAsk { query_id: query_id(), kind: None, limit: 100, cursor: None };
    assert_eq!(other.saved_views(ask).await.unwrap().data, []);
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_read() {
    let place = Place::empty().await;
    let ask = &place.answerer;
    let first = ask.save_view(query_id(), None, view("slow", "traces")).await.unwrap().data;
    assert_eq!(first.version, 1);
    let change = |version| Some(Change { id: first.id.clone(), version });
    let second = ask.save_view(query_id(), change(1), view("slower", "traces")).await.unwrap().data;
    assert_eq!((second.version, second.created_at), (2, first.created_at));
    let error = ask.save_view(query_id(), change(1), view("other", "traces")).await.expect_err("stale");
    assert_eq!(conflict(&error)["name"], "slower");
    assert_eq!(names(&place, None).await, ["slower"]);

    let prefs = |version| Prefs { version, ..Prefs::default() };
    assert_eq!(ask.save_prefs(query_id(), prefs(0)).await.unwrap().data.version, 1);
    let error = ask.save_prefs(query_id(), prefs(0)).await.expect_err("stale");
    assert_eq!(conflict(&error)["version"], 1);
    let error = ask.save_prefs(query_id(), prefs(7)).await.expect_err("not there yet");
    assert_eq!(conflict(&error)["version"], 1);
}
