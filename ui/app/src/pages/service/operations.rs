//! What the service does: spans by name and kind, and how much of its time each takes.

use daymark_view::service::Operation;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::load::load;
use crate::parts::cells;
use crate::parts::grid::{Column, Grid, Sorting};
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::About;

/// Of a name that shares its table with other things.
const LETTERS: usize = 30;

/// All of them, sorted as the address says.
#[component]
pub(super) fn All(about: About) -> impl IntoView {
    view! { <Table about=about most=usize::MAX /> }
}

/// The first `most` of them. A row narrows the charts to its operation.
#[component]
pub(super) fn Table(about: About, most: usize) -> impl IntoView {
    let shell = Shell::here();
    let operations = load::<Vec<Operation>>(move || Some(about.question("operations").with("limit", 1_000)));
    let is_short = most < usize::MAX;
    let sort = shell.address.param("sort");
    let rows = Memo::new(move |_| {
        let mut rows = operations.map(Clone::clone);
        if !is_short {
            sorted(&mut rows, &sort.get().unwrap_or_default());
        }
        rows.truncate(most);
        rows
    });
    let op = shell.address.param("op");
    let open = Callback::new(move |row: Operation| {
        let is_on = op.get_untracked().as_deref() == Some(row.name.as_str());
        shell.address.set("op", if is_on { "" } else { &row.name });
    });
    let is_selected = Callback::new(move |row: Operation| op.get().as_deref() == Some(row.name.as_str()));
    let sorting = Sorting {
        by: Signal::derive(move || sort.get().unwrap_or_default()),
        choose: Callback::new(move |by: String| shell.address.set("sort", &by)),
    };
    let total = move || operations.map(Vec::len);
    let title = is_short.then(|| {
        view! {
            <div class="section-head">
                <h2>{t(Word::ServiceOperations)}</h2>
                <Show when=move || { total() > most }>
                    <a class="link" href=move || shell.address.get().with("tab", "operations").to_string()>
                        {move || say(Word::ServiceAllCount, &[("count", &total().to_string())])}
                    </a>
                </Show>
            </div>
        }
    });
    view! {
        {title}
        <Loaded load=operations rows=6 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <Nothing text=t(Word::ServiceNoOperations) /> }.into_any();
            }
            view! {
                <Grid rows=rows columns=columns(about, is_short) label=t(Word::ServiceOperations) open=open is_selected=is_selected sorting=sorting />
            }.into_any()
        } />
    }
}

fn columns(about: About, is_short: bool) -> Vec<Column<Operation>> {
    let shell = Shell::here();
    let traces = move |row: &Operation| {
        let quoted = daymark_viz::clause::value;
        let q = format!("service={} name={}", quoted(&about.service.get_untracked()), quoted(&row.name));
        let label = say(Word::ServiceTracesOf, &[("name", &row.name)]);
        view! {
            <a class="button" data-kind="plain" data-icon href=shell.link(["traces"]).with("q", &q).to_string() title=label.clone() aria-label=label>
                <Icon name="traces" size=14 />
            </a>
        }.into_any()
    };
    let sort =
        |column: Column<Operation>, by: &'static str| if is_short { column } else { column.sorted_by(by) };
    vec![
        sort(
            Column::text(t(Word::ServiceOperation), "minmax(120px, 1fr)", move |row: &Operation| {
                // Names of one service often begin alike.
                let name = if is_short { figure::shortened(&row.name, LETTERS) } else { row.name.clone() };
                view! { <span class="strong cut" title=row.name.clone()>{name}</span> }.into_any()
            }),
            "name",
        ),
        Column::text(t(Word::ServiceKind), "66px", |row: &Operation| {
            view! { <span class="quiet">{row.kind.clone()}</span> }.into_any()
        }),
        sort(Column::number(t(Word::ServiceRate), "66px", |row: &Operation| cells::rate(row.rate)), "rate"),
        sort(
            Column::number(t(Word::ServiceErrorRate), "66px", |row: &Operation| {
                cells::errors(row.error_rate, None)
            }),
            "errors",
        ),
        sort(Column::number("p50", "62px", |row: &Operation| cells::quiet_duration(row.p50_ns)), "p50"),
        sort(Column::number("p95", "64px", |row: &Operation| cells::duration(row.p95_ns)), "p95"),
        sort(Column::number("p99", "64px", |row: &Operation| cells::quiet_duration(row.p99_ns)), "p99"),
        sort(
            Column::number(t(Word::ServiceTimeShare), "112px", |row: &Operation| {
                cells::share(row.time_share)
            }),
            "share",
        ),
        Column::text(t(Word::ServiceTraces), "36px", traces).unnamed(),
    ]
}

/// The server sorts by time; here they may be sorted by anything, all of them being here.
fn sorted(rows: &mut [Operation], by: &str) {
    let (name, is_descending) = by.strip_prefix('-').map_or((by, false), |name| (name, true));
    let figure = |row: &Operation| match name {
        "rate" => Some(row.rate),
        "errors" => row.error_rate,
        "p50" => row.p50_ns.map(|ns| ns as f64),
        "p95" => row.p95_ns.map(|ns| ns as f64),
        "p99" => row.p99_ns.map(|ns| ns as f64),
        "share" => row.time_share,
        _ => None,
    };
    match name {
        "" => return,
        "name" => rows.sort_by(|one, other| one.name.cmp(&other.name)),
        _ => rows.sort_by(|one, other| figure(one).unwrap_or(-1.0).total_cmp(&figure(other).unwrap_or(-1.0))),
    }
    if is_descending {
        rows.reverse();
    }
}
