//! Rules, and how people are told: `[alerts]`.

use std::path::PathBuf;

use anyhow::bail;
use daymark_alerting::{Options, Smtp, SmtpTls};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    rules_dir: PathBuf,
    default_rules: Option<bool>,
    url: String,
    allow: Vec<String>,
    smtp_host: String,
    smtp_port: Option<Port>,
    smtp_from: String,
    smtp_user: String,
    smtp_password: String,
    smtp_tls: String,
}

/// A number, also as the text of a variable.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected the number of a port")]
enum Port {
    Number(u16),
    Text(String),
}

impl Section {
    pub(super) fn options(self) -> anyhow::Result<Options> {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(bad) = self.allow.iter().find(|entry| entry.contains("://")) {
            bail!("alerts.allow: \"{bad}\" is an address of the web; name the host or the network alone");
        }
        if !self.url.is_empty() && !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            bail!("alerts.url = \"{}\" is not an address; write it as https://daymark.example", self.url);
        }
        let port = match self.smtp_port {
            None => None,
            Some(Port::Number(port)) => Some(port).filter(|port| *port > 0),
            Some(Port::Text(text)) => match text.parse() {
                Ok(port) => Some(port),
                Err(_) => bail!("alerts.smtp_port = \"{text}\" is not the number of a port"),
            },
        };
        let (tls, usual) = match self.smtp_tls.as_str() {
            "" | "starttls" => (SmtpTls::Starttls, 587),
            "tls" => (SmtpTls::Tls, 465),
            "off" => (SmtpTls::Off, 25),
            other => bail!("alerts.smtp_tls = \"{other}\" is not known; it is starttls, tls or off"),
        };
        let smtp = given(self.smtp_host).map(|host| Smtp {
            host,
            port: port.unwrap_or(usual),
            from: given(self.smtp_from).unwrap_or_else(|| "daymark@localhost".into()),
            user: given(self.smtp_user),
            password: given(self.smtp_password),
            tls,
        });
        Ok(Options {
            rules_dir: Some(self.rules_dir).filter(|dir| !dir.as_os_str().is_empty()),
            default_rules: self.default_rules.unwrap_or(true),
            url: self.url.trim_end_matches('/').to_owned(),
            allow: self.allow,
            smtp,
        })
    }
}
