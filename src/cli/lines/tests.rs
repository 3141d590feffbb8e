//! Lines are read one by one, and an answer without its last line is an error.

use bytes::Bytes;
use daymark_view::error::{AskError, Code};
use http_body_util::{BodyExt, Full};

use super::super::client::Body;
use super::{Line, Lines};

/// The text as a body.
fn body(text: &'static str) -> Body {
    Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed()
}

#[tokio::test]
async fn to_the_end() {
    let mut lines =
        Lines::new(body("{\"schema\":[]}\n{\"progress\":{\"done\":1}}\n{\"row\":[1]}\n{\"meta\":{}}\n"));
    assert!(matches!(lines.next().await.unwrap(), Line::Schema(_)));
    assert!(matches!(lines.next().await.unwrap(), Line::Row(_)), "progress is passed over");
    assert!(matches!(lines.next().await.unwrap(), Line::Meta(_)));
}

#[tokio::test]
async fn an_error_line_is_an_error() {
    let problem = "{\"error\":{\"type\":\"about:blank\",\"title\":\"Timeout\",\"status\":504,\"code\":\"timeout\",\"detail\":\"30 s\"}}\n";
    let error = Lines::new(body(problem)).next().await.unwrap_err();
    assert_eq!(error.downcast::<AskError>().unwrap().code(), Code::Timeout);
}

#[tokio::test]
async fn a_missing_last_line_is_an_error() {
    for text in ["", "{\"row\":[1]}"] {
        let error = Lines::new(body(text)).next().await.unwrap_err();
        assert!(error.to_string().contains("broke off"), "{error}");
    }
}
