//! One chart: the metric, how its series are put together, the lines, and the figures of each.

use daymark_view::metrics::{Agg, MetricQueryBody, MetricSeries, MetricsBody};
use daymark_viz::metric::{self, AGGREGATES, Asked};
use leptos::prelude::*;
use serde_json::json;

use crate::load::load;
use crate::net::Question;
use crate::parts::alarm::CreateAlert;
use crate::parts::chart::{Chart, Plot, Series};
use crate::parts::icon::Icon;
use crate::parts::menu::Menu;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, t};

const POINTS: usize = 240;
const SHOWN: usize = 12;
const COLOURS: [&str; 12] = [
    "--rate", "--svc-2", "--svc-5", "--svc-12", "--svc-8", "--svc-1", "--svc-10", "--svc-4", "--svc-7",
    "--svc-3", "--svc-11", "--svc-6",
];
const BY: [&str; 5] = ["", "service", "instance", "env", "version"];

#[component]
pub(super) fn Panel(at: usize, all: Memo<Vec<String>>) -> impl IntoView {
    let shell = Shell::here();
    let written = Memo::new(move |_| all.with(|all| all.get(at).cloned()).unwrap_or_default());
    let asked = Memo::new(move |_| Asked::read(&written.get()));
    let change = move |asked: Asked| {
        let (address, all) = (shell.address.now(), all.get_untracked());
        let put = |address: daymark_viz::address::Address, (place, one): (usize, &String)| {
            address.and("m", &if place == at { asked.to_string() } else { one.clone() })
        };
        shell.address.push(all.iter().enumerate().fold(address.without("m"), put));
    };
    let remove = move |_| {
        let (address, all) = (shell.address.now(), all.get_untracked());
        let others = all.iter().enumerate().filter(|(place, _)| *place != at);
        shell.address.push(others.fold(address.without("m"), |address, (_, one)| address.and("m", one)));
    };
    let series = load::<Vec<MetricSeries>>(move || {
        let asked = asked.get();
        let range = shell.range();
        let query = MetricQueryBody {
            metric: asked.metric.clone(),
            agg: asked.agg,
            by: asked.by.iter().cloned().collect(),
            topk: asked.by.as_ref().map(|_| SHOWN),
            id: None,
            q: String::new(),
            rate: false,
        };
        let body = MetricsBody {
            queries: vec![query],
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            scope: shell.scope(),
            max_points: Some(POINTS),
        };
        (!asked.metric.is_empty()).then(|| Question::post("metrics/query", &body))
    });
    let plot = move || {
        series.map(|series| {
            let first = series.first()?;
            let lines = series.iter().take(SHOWN).enumerate().map(|(at, one)| Series {
                label: label(one),
                colour: COLOURS[at % COLOURS.len()].into(),
                values: one.values.clone(),
                is_filled: series.len() == 1,
                before: Vec::new(),
            });
            Some(Plot { t0: first.t0, step_ns: first.step_ns, series: lines.collect(), threshold: None })
        })
    };
    let aggs = move || {
        AGGREGATES.map(|agg| {
        view! { <button type="button" role="menuitem" on:click=move |_| change(Asked { agg, ..asked.get_untracked() })>{agg.name()}</button> }
    }).collect_view()
    };
    let bys = move || {
        BY.map(|by| {
            let text = if by.is_empty() { t(Word::MetricsAllTogether) } else { by };
            let choose = move |_| {
                change(Asked { by: (!by.is_empty()).then(|| by.to_owned()), ..asked.get_untracked() })
            };
            view! { <button type="button" role="menuitem" on:click=choose>{text}</button> }
        })
        .collect_view()
    };
    let unit = move || {
        series.map(|series| series.first().and_then(|series| series.unit.clone()).unwrap_or_default())
    };
    // Rates and counts have no time in them, whatever their metric is measured in.
    let written_in = Memo::new(move |_| {
        let is_count = asked.with(|asked| matches!(asked.agg, Agg::Rate | Agg::Increase | Agg::Count));
        if is_count { String::new() } else { unit() }
    });
    let signal = move || {
        let Asked { metric, agg, by } = asked.get();
        let by: Vec<String> = by.into_iter().collect();
        (!metric.is_empty()).then(|| json!({"kind": "metric", "metric": metric, "agg": agg.name(), "by": by}))
    };
    let name = move || asked.with(|asked| asked.metric.clone());
    view! {
        <section class="metrics-panel">
            <div class="section-head">
                <h2 class="mono">{name}</h2>
                <span class="note small">{unit}</span>
                <span class="metrics-controls">
                    <Menu label=Signal::derive(move || asked.with(|asked| asked.agg.name().to_owned())) title=t(Word::MetricsAggregate) kind="plain">{aggs()}</Menu>
                    <Menu label=Signal::derive(move || asked.with(|asked| asked.by.clone()).unwrap_or_else(|| t(Word::MetricsAllTogether).into())) title=t(Word::MetricsBy) kind="plain">{bys()}</Menu>
                    <CreateAlert signal=Signal::derive(signal) is_small=true />
                    <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::MetricsRemove) title=t(Word::MetricsRemove) on:click=remove>
                        <Icon name="close" size=14 />
                    </button>
                </span>
            </div>
            <div class="metrics-chart">
                {move || view! { <Chart plot=Signal::derive(plot) title=asked.with_untracked(|asked| asked.metric.clone()) format=written_in.with(|unit| metric::written(unit)) height=200.0 /> }}
            </div>
            <Loaded load=series rows=2 show=move |answer| {
                let unit = written_in.get_untracked();
                // One line alone is told by its chart.
                (answer.data.len() > 1).then(|| view! { <Legend series=answer.data.clone() unit=unit /> })
            } />
        </section>
    }
}

fn label(series: &MetricSeries) -> String {
    let values: Vec<&str> = series.labels.values().filter_map(Option::as_deref).collect();
    if values.is_empty() { t(Word::MetricsAllTogether).into() } else { values.join(" ") }
}

/// Last, least, most and mean of each series.
#[component]
fn Legend(series: Vec<MetricSeries>, unit: String) -> impl IntoView {
    let short = metric::written(&unit);
    let rows = series.iter().take(SHOWN).enumerate().map(|(at, one)| {
        let values: Vec<f64> = one.values.iter().flatten().copied().collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let shown = |value: Option<f64>| value.map_or_else(|| "–".into(), short);
        let least = values.iter().copied().reduce(f64::min);
        let most = values.iter().copied().reduce(f64::max);
        view! {
            <tr>
                <th scope="row"><i class="dot" style:--own=format!("var({})", COLOURS[at % COLOURS.len()])></i> {label(one)}</th>
                <td class="num">{shown(values.last().copied())}</td>
                <td class="num">{shown(least)}</td>
                <td class="num">{shown(most)}</td>
                <td class="num">{shown((!values.is_empty()).then_some(mean))}</td>
            </tr>
        }
    });
    view! {
        <table class="metrics-legend">
            <thead><tr>
                <th scope="col">{t(Word::MetricsSeries)}</th>
                <th scope="col" class="num">{t(Word::MetricsLast)}</th>
                <th scope="col" class="num">{t(Word::MetricsLeast)}</th>
                <th scope="col" class="num">{t(Word::MetricsMost)}</th>
                <th scope="col" class="num">{t(Word::MetricsMean)}</th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
