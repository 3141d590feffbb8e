//! Traffic, errors and durations of what users call, on one axis.

use daymark_view::overview::Overview;
use daymark_view::traffic::Traffic;
use daymark_viz::{notable, rule_draft};
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::alarm::CreateAlert;
use crate::parts::chart::Chart;
use crate::parts::figures::show_or_dash;
use crate::parts::traffic::{self, ERRORS, Measure, P95, RATE};
use crate::shell::Shell;
use crate::words::{Word, say, t};

const BUCKETS: usize = 120;

#[component]
pub(super) fn Charts(overview: Load<Overview>) -> impl IntoView {
    let shell = Shell::here();
    let front = Memo::new(move |_| overview.map(|overview| overview.front.clone()));
    let traffic = load::<Traffic>(move || {
        if !overview.has_answer() {
            return None;
        }
        let question = shell.in_range(Question::get("traffic")).with("buckets", BUCKETS);
        let question = question.with("service", front.get().unwrap_or_default());
        Some(match shell.compared() {
            Some(before) => question.with("compare", format!("{}~{}", before.from.0, before.to.0)),
            None => question,
        })
    });
    let title = move || match front.get() {
        Some(front) => say(Word::OverviewTrafficOf, &[("service", &front)]),
        None => t(Word::OverviewTraffic).into(),
    };
    let watched = move |metric: &'static str| {
        Signal::derive(move || {
            let q = front.get().map(|front| format!("service={}", daymark_viz::clause::value(&front)));
            Some(rule_draft::of_service_metric(metric, &q.unwrap_or_default()))
        })
    };
    view! {
        <div class="overview-charts">
            <Row title=Signal::derive(title) traffic=traffic measure=RATE is_bare=true watched=watched("rate") />
            <Row title=Signal::stored(t(Word::OverviewErrorRate).to_owned()) traffic=traffic measure=ERRORS is_bare=true watched=watched("error_rate") />
            <Row title=Signal::stored(t(Word::OverviewP95).to_owned()) traffic=traffic measure=P95 is_bare=false watched=watched("p95") />
        </div>
    }
}

#[component]
fn Row(
    title: Signal<String>,
    traffic: Load<Traffic>,
    measure: Measure,
    is_bare: bool,
    watched: Signal<Option<serde_json::Value>>,
) -> impl IntoView {
    let plot = move || {
        traffic
            .map(|traffic| traffic::plot(traffic, [measure.line(title.get_untracked(), traffic, true, true)]))
    };
    let now = move || traffic.map(|traffic| measure.means(traffic).0);
    let before = move || {
        let before = traffic.map(|traffic| measure.means(traffic).1);
        before.map(|before| say(Word::ShellBefore, &[("value", &(measure.text)(before))]))
    };
    let is_red = move || {
        measure.colour == "--crit"
            && notable::are_errors(now(), traffic.map(|traffic| measure.means(traffic).1))
    };
    view! {
        <div class="overview-chart">
            <div>
                <div class="alarmed"><h3 class="quiet">{title}</h3><CreateAlert signal=watched is_small=true /></div>
                <div class="big" class:crit=is_red>{move || show_or_dash(now().map(measure.figure))}</div>
                <div class="small faint">{before}</div>
            </div>
            <Chart plot=Signal::derive(plot) title=title.get_untracked() format=measure.text height=if is_bare { 104.0 } else { 120.0 } is_bare=is_bare />
        </div>
    }
}
