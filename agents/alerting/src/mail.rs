//! E-mails over SMTP.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::options::{Smtp, SmtpTls};
use crate::outbound::Called;

const TIME: Duration = Duration::from_secs(10);

/// Sends one mail to several people.
pub(crate) async fn send(smtp: &Smtp, to: &[String], subject: &str, text: String) -> Called {
    match tokio::time::timeout(TIME, try_send(smtp, to, subject, text)).await {
        Ok(Ok(())) => Called { status: None, error: None },
        Ok(Err(error)) => Called::failed(error),
        Err(_) => Called::failed(format!("no answer within {} s", TIME.as_secs())),
    }
}

async fn try_send(smtp: &Smtp, to: &[String], subject: &str, text: String) -> Result<(), String> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("\"{text}\": {error}"));
    let mut message = lettre::Message::builder().from(mailbox(&smtp.from)?).subject(subject);
    for one in to {
        message = message.to(mailbox(one)?);
    }
    let message = message.header(ContentType::TEXT_PLAIN).body(text).map_err(|error| error.to_string())?;
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let builder = match smtp.tls {
        SmtpTls::Off => Ok(Transport::builder_dangerous(&smtp.host)),
        SmtpTls::Starttls => Transport::starttls_relay(&smtp.host),
        SmtpTls::Tls => Transport::relay(&smtp.host),
    };
    let mut builder = builder.map_err(|error| error.to_string())?.port(smtp.port).timeout(Some(TIME));
    if let (Some(user), Some(password)) = (&smtp.user, &smtp.password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
    }
    builder.build().send(message).await.map(drop).map_err(|error| error.to_string())
}
