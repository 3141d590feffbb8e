//! The line at the bottom: what the answer on the page cost, how old it may be, whose clock differs.

use daymark_viz::figure;
use leptos::prelude::*;

use crate::shell::{Known, Shell};
use crate::words::{Word, t};

/// Clocks that differ by more make relative ranges wrong.
const SKEW_TOLD_MS: f64 = 2_000.0;

#[component]
pub(super) fn Status() -> impl IntoView {
    let shell = Shell::here();
    let known = expect_context::<Known>().0;
    let item = |word: Word, value: String| view! { <span>{t(word)}" "<b>{value}</b></span> }.into_any();
    let items = move || {
        let Some(meta) = shell.cost.get() else { return Vec::new() };
        let mut items = Vec::new();
        if let Some(rows) = shell.rows.get().filter(|rows| !rows.is_empty()) {
            items.push(item(Word::ShellStatusRows, rows));
        }
        if meta.scanned.bytes > 0 {
            items.push(item(Word::ShellStatusScanned, figure::bytes(meta.scanned.bytes).to_string()));
        }
        items.push(item(Word::ShellStatusTook, figure::duration((meta.took_ms * 1e6) as u64).to_string()));
        if let Some(sampled) = meta.sampled {
            items.push(item(Word::ShellStatusSampled, figure::percent(sampled).to_string()));
        }
        if !meta.partial.is_empty() {
            items.push(
                view! { <span class="warn">{t(Word::ShellStatusPartial)}" "{meta.partial.len()}</span> }
                    .into_any(),
            );
        }
        if let Some(watermark) = meta.watermark {
            items.push(item(Word::ShellStatusWatermark, shell.civil(watermark).hms()));
        }
        items
    };
    let skew = move || {
        let skew = shell.skew_ms.get()?;
        let class = if skew.abs() > SKEW_TOLD_MS { "warn" } else { "" };
        let text = format!("{:.2}\u{a0}s", skew / 1_000.0);
        Some(view! { <span class=class>{t(Word::ShellStatusSkew)}" "<b>{text}</b></span> })
    };
    let build = move || known.map(|known| Some((known.build.version.clone(), known.build.commit.clone())));
    view! {
        <footer class="status" aria-label=t(Word::ShellStatusLabel)>
            {items}
            <span class="end">
                {skew}
                {move || build().map(|(version, commit)| {
                    let commit: String = commit.unwrap_or_default().chars().take(7).collect();
                    view! { <span>{t(Word::ShellStatusBuild)}" "<b>{version}" "{commit}</b></span> }
                })}
            </span>
        </footer>
    }
}
