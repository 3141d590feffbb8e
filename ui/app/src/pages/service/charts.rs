//! Rate, errors and durations on one axis, side by side; the figure above each is that of the whole range.

use daymark_view::service::ServiceDetail;
use daymark_view::traffic::Traffic;
use daymark_viz::span::Span;
use daymark_viz::{figure, notable, rule_draft};
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::alarm::CreateAlert;
use crate::parts::chart::Chart;
use crate::parts::figures::{show, show_or_dash};
use crate::parts::tabs::Segments;
use crate::parts::traffic::{self, ERRORS, P50, P95, P99, RATE};
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::heat::Cells;
use super::{About, compared};

const BUCKETS: usize = 90;
const HEIGHT: f64 = 210.0;

#[component]
pub(super) fn Charts(about: About) -> impl IntoView {
    let shell = Shell::here();
    let (op, view) = (shell.address.param("op"), shell.address.param("dur"));
    let is_lines = Memo::new(move |_| view.get().as_deref() == Some("lines"));
    let traffic = load::<Traffic>(move || {
        let question = shell
            .in_range(Question::get("traffic"))
            .with("buckets", BUCKETS)
            .with("service", about.service.get());
        Some(compared(shell, question.with("op", op.get().unwrap_or_default())))
    });
    let rate = move || {
        traffic.map(|traffic| {
            traffic::plot(traffic, [RATE.line(t(Word::ServiceRate).into(), traffic, true, true)])
        })
    };
    let errors = move || {
        traffic.map(|traffic| {
            traffic::plot(traffic, [ERRORS.line(t(Word::ServiceErrorRate).into(), traffic, true, true)])
        })
    };
    let durations = move || {
        traffic.map(|traffic| {
            traffic::plot(
                traffic,
                [
                    P99.line("p99".into(), traffic, false, false),
                    P95.line("p95".into(), traffic, false, true),
                    P50.line("p50".into(), traffic, false, false),
                ],
            )
        })
    };
    // Of the whole range where the page has it, of what is drawn where it is narrowed to an operation.
    let is_whole = move || op.get().is_none();
    let detail = move |read: fn(&ServiceDetail) -> Option<f64>| about.detail.map(read);
    let drawn = move |measure: traffic::Measure| traffic.map(|traffic| measure.means(traffic));
    let rates = Memo::new(move |_| match is_whole() {
        true => {
            (detail(|detail| Some(detail.row.rate)), detail(|detail| Some(detail.row.compare.as_ref()?.rate)))
        }
        false => drawn(RATE),
    });
    let shares = Memo::new(move |_| match is_whole() {
        true => {
            (detail(|detail| detail.row.error_rate), detail(|detail| detail.row.compare.as_ref()?.error_rate))
        }
        false => drawn(ERRORS),
    });
    let p95s = Memo::new(move |_| match is_whole() {
        true => (
            detail(|detail| detail.row.p95_ns.map(|ns| ns as f64)),
            detail(|detail| detail.row.compare.as_ref()?.p95_ns.map(|ns| ns as f64)),
        ),
        false => drawn(P95),
    });
    // Beside the p95 of the title, each with the colour of its line.
    let others = move || {
        let (p50, p99) = match is_whole() {
            true => (
                detail(|detail| detail.row.p50_ns.map(|ns| ns as f64)),
                detail(|detail| detail.row.p99_ns.map(|ns| ns as f64)),
            ),
            false => (drawn(P50).0, drawn(P99).0),
        };
        [("p50", P50.colour, p50), ("p95", P95.colour, None), ("p99", P99.colour, p99)].map(|(name, colour, ns)| view! {
            <span><i class="dot" style:--own=format!("var({colour})")></i>{name} " " {ns.map(P95.text)}</span>
        }).into_iter().collect_view()
    };
    let before = |value: Option<f64>, text: fn(f64) -> String| {
        value.map(|value| say(Word::ShellBefore, &[("value", &text(value))]))
    };
    let traces = move |(from, to): (daymark_model::time::Nanos, daymark_model::time::Nanos), query: &str| {
        let range = daymark_view::range::Range { from, to };
        let name = op
            .get_untracked()
            .map(|op| format!(" name={}", daymark_viz::clause::value(&op)))
            .unwrap_or_default();
        let q =
            format!("service={}{name}{query}", daymark_viz::clause::value(&about.service.get_untracked()));
        shell.address.push(Span::fixed(range).write(shell.address.now().to_page(["traces"])).with("q", &q));
    };
    let all = Callback::new(move |step| traces(step, ""));
    let failed = Callback::new(move |step| traces(step, " status:error"));
    let watched = move |metric: &'static str| {
        Signal::derive(move || {
            let name =
                op.get().map(|op| format!(" name={}", daymark_viz::clause::value(&op))).unwrap_or_default();
            let q = format!("service={}{name}", daymark_viz::clause::value(&about.service.get()));
            Some(rule_draft::of_service_metric(metric, &q))
        })
    };
    let are_bad = move || {
        let (now, before) = shares.get();
        notable::are_errors(now, before)
    };
    view! {
        <div class="service-charts">
            <section>
                <Figure title=Word::ServiceRate watched=watched("rate")>
                    <b class="big">{move || show_or_dash(rates.get().0.map(figure::rate))}</b>
                    <span class="small faint">{move || before(rates.get().1, RATE.text)}</span>
                </Figure>
                <Chart plot=Signal::derive(rate) title=t(Word::ServiceRate).to_owned() format=RATE.text height=HEIGHT open=all />
            </section>
            <section>
                <Figure title=Word::ServiceErrorRate watched=watched("error_rate")>
                    <b class="big" class:crit=are_bad>{move || show_or_dash(shares.get().0.map(figure::percent))}</b>
                    <span class="small faint">{move || before(shares.get().1, ERRORS.text)}</span>
                </Figure>
                <Chart plot=Signal::derive(errors) title=t(Word::ServiceErrorRate).to_owned() format=ERRORS.text height=HEIGHT open=failed />
            </section>
            <section class="service-durations">
                <Segments parameter="dur" label=t(Word::ServiceDuration) choices=vec![("heatmap", Word::ServiceHeatShort), ("lines", Word::ServiceLines)] />
                <Figure title=Word::ServiceDuration watched=watched("p95")>
                    <b class="big">{move || p95s.get().0.map(|ns| show((P95.figure)(ns)))}</b>
                    <span class="small faint">"p95"</span>
                    <span class="small faint">{move || before(p95s.get().1, P95.text)}</span>
                    <Show when=move || is_lines.get()><span class="legend">{others}</span></Show>
                </Figure>
                {move || match is_lines.get() {
                    true => view! { <Chart plot=Signal::derive(durations) title=t(Word::ServiceDuration).to_owned() format=P95.text height=HEIGHT open=all /> }.into_any(),
                    false => view! { <Cells about=about height=HEIGHT /> }.into_any(),
                }}
            </section>
        </div>
    }
}

#[component]
fn Figure(title: Word, watched: Signal<Option<serde_json::Value>>, children: Children) -> impl IntoView {
    view! {
        <div class="alarmed"><h2>{t(title)}</h2><CreateAlert signal=watched is_small=true /></div>
        <p class="service-figure">{children()}</p>
    }
}
