//! Large traces over HTTP.

use serde_json::json;

use crate::site::Site;

const PATH: &str = "/api/v1/traces/8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f";

#[tokio::test]
async fn skeletons_are_asked_for() {
    let site = Site::start().await;
    let body = site.get(&format!("{PATH}/skeleton")).await.json();
    assert_eq!((&body["data"]["rev"], &body["data"]["start"]), (&json!("a91c"), &json!("5")));
    assert_eq!((&body["data"]["kind_status"], &body["data"]["crit"]), (&json!([8]), &json!([[0, 0, 7]])));
    assert!(site.ask.last().contains("below: None, revision: None, rows_max: 250000, span: None"));
    site.get(&format!("{PATH}/skeleton?root=3&rev=a91c&max=100&span=B1&episode=2")).await;
    let asked = site.ask.last();
    for part in ["episode: Some(2)", "below: Some(3)", "rows_max: 100", "span: Some(00000000000000b1)"] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[tokio::test]
async fn rows_are_asked_for_and_stale_ones_refused() {
    let site = Site::start().await;
    let body = site.get(&format!("{PATH}/spans?rows=4&rev=a91c")).await.json();
    assert_eq!(
        (&body["data"]["spans"][0]["row"], &body["data"]["spans"][0]["service"]),
        (&json!(4), &json!("web"))
    );
    let stale = site.get(&format!("{PATH}/spans?rows=4&rev=old")).await;
    assert_eq!((stale.status.as_u16(), &stale.json()["code"]), (409, &json!("conflict")));
    assert_eq!((&stale.json()["current"], &stale.json()["map"]), (&json!("a91c"), &json!([0, null])));
}

#[tokio::test]
async fn rows_are_searched() {
    let site = Site::start().await;
    let body = site.get(&format!("{PATH}/find?q=self%3E5ms%20-crit&rev=a91c")).await.json();
    assert_eq!(
        body["data"],
        json!({"rev": "a91c", "ranges": [[1, 3]], "count": 2, "by_service": {"web": 2}})
    );
    assert!(site.ask.last().contains("Field(SelfTime)") && site.ask.last().contains("Field(Critical)"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let site = Site::start().await;
    let many = (0..201).map(|row| row.to_string()).collect::<Vec<_>>().join(",");
    for (path, code) in [
        ("/skeleton?max=0".to_owned(), "bad_request"),
        ("/skeleton?max=1000001".into(), "bad_request"),
        ("/skeleton?span=xyz".into(), "bad_id"),
        ("/spans".into(), "bad_request"),
        (format!("/spans?rows={many}"), "bad_request"),
        ("/find?q=self%3Ex".into(), "bad_query"),
    ] {
        assert_eq!(site.get(&format!("{PATH}{path}")).await.json()["code"], json!(code), "{path}");
    }
}
