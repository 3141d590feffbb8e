//! One message to one channel, in the words of its kind.

use std::io::{self, Write};

use bytes::Bytes;
use daymark_view::alerts::channel::{Channel, ChannelKind};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use crate::mail;
use crate::message::Message;
use crate::options::Smtp;
use crate::outbound::{Call, Called, Outbound};

const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// Sends some alerts to a channel: several only where its kind takes several.
pub(crate) async fn send(
    outbound: &Outbound,
    smtp: Option<&Smtp>,
    channel: &Channel,
    messages: &[Message],
) -> Called {
    let Some(first) = messages.first() else { return Called::failed("there is nothing to send") };
    let post = |body: Value, secret: Option<String>| Call {
        method: Method::POST,
        url: channel.url.clone().unwrap_or_default(),
        headers: vec![(http::header::CONTENT_TYPE, "application/json".into())],
        secret,
        body: Bytes::from(body.to_string()),
    };
    let template = channel.template.as_deref();
    match channel.kind {
        ChannelKind::Webhook => {
            let mut call = post(first.json(), channel.secret.clone());
            let key = HeaderName::from_static("idempotency-key");
            call.headers.push((key, first.delivery.key.clone()));
            outbound.call(call).await
        }
        ChannelKind::Alertmanager => {
            let alerts = messages.iter().map(Message::alertmanager).collect();
            let mut call = post(Value::Array(alerts), channel.secret.clone());
            // People write down where it is, with or without the path.
            if !call.url.contains("/api/") {
                call.url = format!("{}/api/v2/alerts", call.url.trim_end_matches('/'));
            }
            outbound.call(call).await
        }
        ChannelKind::Slack => {
            let parts: Vec<Value> = messages.iter().map(|message| message.slack(template)).collect();
            let text = if messages.len() == 1 { String::new() } else { format!("{} alerts", messages.len()) };
            outbound.call(post(json!({"text": text, "attachments": parts}), None)).await
        }
        ChannelKind::Pagerduty => {
            let mut call = post(first.pagerduty(channel.secret.as_deref().unwrap_or_default()), None);
            if call.url.is_empty() {
                call.url = PAGERDUTY.to_owned();
            }
            outbound.call(call).await
        }
        ChannelKind::Email => {
            let Some(smtp) = smtp else {
                return Called::failed("no server for e-mails is set: smtp_host in [alerts]");
            };
            let title = match messages {
                [one] => one.title(),
                several => format!("{} (and {} more)", first.title(), several.len() - 1),
            };
            mail::send(smtp, &channel.to, &title, texts(messages, template)).await
        }
        ChannelKind::Stdout => match print(&texts(messages, template)) {
            Ok(()) => Called { status: None, error: None },
            // Whoever read it has gone.
            Err(error) => Called::failed(format!("standard output: {error}")),
        },
    }
}

fn texts(messages: &[Message], template: Option<&str>) -> String {
    messages.iter().map(|message| message.text(template)).collect::<Vec<_>>().join("\n\n")
}

fn print(text: &str) -> io::Result<()> {
    // Nothing that drives a terminal gets there.
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.chars().map(clean).collect::<String>())?;
    out.flush()
}
