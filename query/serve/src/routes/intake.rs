//! `GET /system/intake`: where senders send to, and who does.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_model::arrivals::Arrived;
use daymark_model::signal::Signal;
use daymark_view::meta::Answer;
use daymark_view::server::{Intake, Listener, RefusedRow, SenderRow};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::router::Site;

pub(crate) async fn intake(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let disk_free = site.ask.status().await?.data.disk.free;
    let told = match &site.intake {
        None => Intake { disk_free, ..Intake::default() },
        Some(doors) => {
            let arrived = doors.arrivals.arrived();
            Intake {
                listeners: listeners(&doors.listeners, &arrived),
                senders: senders(&arrived),
                refused: refused(&doors.listeners, &arrived),
                per_s: arrived.per_second,
                data_dir: doors.data_dir.display().to_string(),
                disk_free,
            }
        }
    };
    let rows = told.senders.len();
    envelope(&site, &asked, Answer::of(told), rows).await
}

fn listeners(doors: &[(&'static str, SocketAddr)], arrived: &Arrived) -> Vec<Listener> {
    let each = doors.iter().flat_map(|door| Signal::ALL.map(|signal| (door, signal)));
    each.map(|((source, address), signal)| {
        let used = arrived.doors.iter().find(|door| door.source == *source && door.signal == signal);
        Listener {
            source: (*source).to_owned(),
            signal: signal.name().into(),
            address: address.to_string(),
            path: path(source, signal),
            items: used.map_or(0, |door| door.items),
            last_at: used.map(|door| door.last),
        }
    })
    .collect()
}

fn path(source: &str, signal: Signal) -> String {
    let (word, service) = match signal {
        Signal::Spans => ("traces", "trace.v1.TraceService"),
        Signal::Logs => ("logs", "logs.v1.LogsService"),
        Signal::Metrics => ("metrics", "metrics.v1.MetricsService"),
    };
    match source {
        "otlp_grpc" => format!("/opentelemetry.proto.collector.{service}/Export"),
        _ => format!("/v1/{word}"),
    }
}

fn senders(arrived: &Arrived) -> Vec<SenderRow> {
    let row = |sender: &daymark_model::arrivals::Sender| SenderRow {
        peer: sender.peer.to_string(),
        signals: sender.signals.iter().map(|signal| signal.name().to_owned()).collect(),
        last_at: sender.last,
    };
    arrived.senders.iter().map(row).collect()
}

fn refused(doors: &[(&'static str, SocketAddr)], arrived: &Arrived) -> Vec<RefusedRow> {
    let row = |sender: &daymark_model::arrivals::RefusedSender| RefusedRow {
        peer: sender.peer.to_string(),
        address: doors.iter().find(|(source, _)| *source == sender.source).map(|(_, at)| at.to_string()),
        reason: sender.reason.name().into(),
        count: sender.count,
        last_at: sender.last,
    };
    arrived.refused.iter().map(row).collect()
}
