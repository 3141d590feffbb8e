//! What waits where, what the disk holds and for how long, what cannot be read.

use std::time::Duration;

use daymark_view::system::Status;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::life;
use crate::load::load_when;
use crate::net::Question;
use crate::parts::mark::{Mark, State};
use crate::parts::spark::Spark;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, say, t};

const EVERY: Duration = Duration::from_secs(2);

#[component]
pub(super) fn Pipeline() -> impl IntoView {
    let tick = RwSignal::new(0_u32);
    let again = move || {
        if !document().hidden() {
            tick.update(|tick| *tick += 1);
        }
    };
    life::every(EVERY, again);
    let status = load_when::<Status>(move || tick.track(), || Some(Question::get("system/status")));
    view! {
        <Loaded load=status rows=6 show=|answer| view! {
            <div class="system-columns">
                <Stages status=answer.data.clone() />
                <Held status=answer.data.clone() />
                <Kept status=answer.data.clone() />
            </div>
        } />
    }
}

#[component]
fn Stages(status: Status) -> impl IntoView {
    let stages = status
        .stages
        .iter()
        .map(|stage| {
            let history: Vec<Option<f64>> = stage.history.iter().copied().map(Some).collect();
            let waiting = (stage.queue_bytes > 0).then(|| figure::bytes(stage.queue_bytes).to_string());
            view! {
                <div class="system-line">
                    <span class="grow">{stage.stage.clone()}</span>
                    <Spark values=history own="--rate" />
                    <span class="quiet">{waiting}</span>
                    <span class="num">{figure::rate(stage.rate).to_string()}</span>
                </div>
            }
        })
        .collect_view();
    let line = |word: Word, value: String| view! { <div class="system-line"><span class="grow">{t(word)}</span><span>{value}</span></div> };
    let fsync = status.wal.fsync_p50_ns.zip(status.wal.fsync_p99_ns);
    let fsync = fsync.map_or_else(
        || "–".into(),
        |(p50, p99)| format!("{} / {}", figure::duration(p50), figure::duration(p99)),
    );
    let running = if status.compaction.running.is_empty() {
        t(Word::SystemIdle).to_owned()
    } else {
        status.compaction.running.join(", ")
    };
    view! {
        <section>
            <div class="section-head"><h2>{t(Word::SystemPipeline)}</h2></div>
            {stages}
            {line(Word::SystemFsync, fsync)}
            {line(Word::SystemWal, figure::bytes(status.wal.bytes).to_string())}
            {line(Word::SystemDebt, figure::bytes(status.compaction.debt_bytes).to_string())}
            {line(Word::SystemMerging, running)}
        </section>
    }
}

#[component]
fn Held(status: Status) -> impl IntoView {
    let shell = Shell::here();
    let disk = status.disk.clone();
    let all = (disk.used + disk.free).max(1) as f64;
    let shares =
        disk.by_signal.iter().zip(["--seq-6", "--seq-4", "--seq-2"]).map(|((signal, bytes), colour)| {
            let wide = format!("{:.2}%", *bytes as f64 / all * 100.0);
            let text = format!("{signal} {}", figure::bytes(*bytes));
            (
                view! { <i style:width=wide style:background=format!("var({colour})")></i> },
                view! { <span><i class="dot" style:--own=format!("var({colour})")></i>{text}</span> },
            )
        });
    let (bars, legend): (Vec<_>, Vec<_>) = shares.unzip();
    let full = disk.full_in_days.map(|days| {
        say(Word::SystemFullIn, &[("time", &figure::duration((days * 86_400e9) as u64).to_string())])
    });
    let broken = status.quarantined.len();
    let expiry = move || {
        disk.expiry_starts_at.map(|at| say(Word::SystemExpiryStarts, &[("time", &shell.civil(at).date_hm())]))
    };
    view! {
        <section>
            <div class="section-head"><h2>{t(Word::SystemDisk)}</h2></div>
            <div class="system-disk">
                <div class="big">{figure::bytes(status.disk.used).to_string()} <span class="small faint">" / "{figure::bytes(status.disk.used + status.disk.free).to_string()}</span></div>
                <div class="system-bar">{bars}</div>
                <div class="legend">{legend}</div>
                <p class="quiet small">{full} " " {expiry}</p>
                {(broken > 0).then(|| view! { <p class="crit small"><Mark state=State::Critical /> " " {say(Word::SystemQuarantined, &[("count", &broken.to_string())])}</p> })}
            </div>
        </section>
    }
}

#[component]
fn Kept(status: Status) -> impl IntoView {
    let shell = Shell::here();
    let rows = status.retention.iter().map(|kept| {
        let name = if kept.stream == "default" { kept.signal.clone() } else { format!("{} {}", kept.signal, kept.stream) };
        let oldest = kept.oldest;
        view! {
            <div class="system-line">
                <span class="grow">{name}</span>
                <span class="faint">{move || oldest.map(|at| say(Word::SystemSince, &[("time", &shell.civil(at).date_hm())]))}</span>
                <span>{kept.keep_days.map_or_else(|| "∞".into(), |days| format!("{days}\u{a0}d"))}</span>
            </div>
        }
    }).collect_view();
    view! { <section><div class="section-head"><h2>{t(Word::SystemKept)}</h2></div>{rows}</section> }
}
