//! What the client says about servers that refuse, are away, or are something else.

use daymark_view::error::{AskError, Code};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Client, JSON, text};
use crate::cli::AskArgs;

pub(crate) fn args(url: String) -> AskArgs {
    AskArgs { url, token: Some("dmk_secret".into()), format: None, from: None, to: None, limit: None }
}

/// Answers one request with fixed bytes; gives the address and, later, the request.
pub(crate) async fn canned(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 65_536];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    });
    (url, served)
}

pub(crate) fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn ask(url: String) -> anyhow::Result<String> {
    text(Client::new(&args(url))?.get("/services", JSON).await?).await
}

#[tokio::test]
async fn an_answer() {
    let (url, served) = canned(response("200 OK", "{\"data\":[]}")).await;
    assert_eq!(ask(format!("{url}/")).await.unwrap(), "{\"data\":[]}");
    let request = served.await.unwrap().to_lowercase();
    assert!(request.starts_with("get /api/v1/services http/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: bearer dmk_secret\r\n"));
}

#[tokio::test]
async fn a_problem_keeps_its_code_and_hint() {
    let problem = AskError::new(Code::BadQuery, "no table \"span\"").hint("spans");
    let body = serde_json::to_string(problem.problem()).unwrap();
    let (url, _served) = canned(response("400 Bad Request", &body)).await;
    let refused: AskError = ask(url).await.unwrap_err().downcast().unwrap();
    assert_eq!((refused.code(), refused.problem().hint.as_deref()), (Code::BadQuery, Some("spans")));
}

#[tokio::test]
async fn something_else_listens_there() {
    let (url, _served) = canned(response("502 Bad Gateway", "<html>")).await;
    let error = ask(url).await.unwrap_err().to_string();
    assert!(error.contains("502") && error.contains("not as Daymark does"), "{error}");
}

#[tokio::test]
async fn an_answer_that_never_begins() {
    let (url, _served) = canned(String::new()).await;
    let refused: AskError = ask(url).await.unwrap_err().downcast().unwrap();
    assert!(refused.to_string().contains("broke off"), "{refused}");
}

#[tokio::test]
async fn nobody_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused: AskError = ask(url.clone()).await.unwrap_err().downcast().unwrap();
    assert!(refused.to_string().contains(&url));
    assert!(refused.problem().hint.as_ref().unwrap().contains("daymark serve"));
}

#[tokio::test]
async fn addresses_that_cannot_be_asked() {
    for url in ["https://127.0.0.1:4300", "127.0.0.1:4300", "ftp://x"] {
        let refused: AskError = ask(url.into()).await.unwrap_err().downcast().unwrap();
        assert_eq!(refused.code(), Code::BadRequest, "{url}");
    }
}
