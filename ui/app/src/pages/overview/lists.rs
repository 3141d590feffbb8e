//! What changed in the range, and the services that are worst.

use daymark_view::events::ChangeEvent;
use daymark_view::overview::Overview;
use daymark_view::services::ServiceRow;
use daymark_viz::notable;
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::cells;
use crate::parts::grid::{Column, Grid};
use crate::parts::icon::Icon;
use crate::parts::mark::Mark;
use crate::parts::spark::Spark;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::shell::events::{Events, icon_of, target, told};
use crate::window;
use crate::words::{Word, t};

/// Services shown while none is bad.
const BUSIEST: usize = 7;
/// Changes that stand beside them.
const SHOWN: usize = 8;

#[component]
pub(super) fn Lists(overview: Overview) -> impl IntoView {
    let shell = Shell::here();
    let total = overview.states.len();
    let rows = overview.worst.clone();
    let blamed = overview.finding.as_ref().and_then(|finding| finding.change.clone());
    let (events, listed) = (Events::here(), overview.events.clone());
    let events = move || events.map_or_else(|| listed.clone(), Events::get);
    let event = move |event: ChangeEvent| {
        let (icon, class) = icon_of(event.kind);
        let is_blamed = blamed.as_ref() == Some(&event);
        let to = target(shell, &event);
        view! {
            <a class="overview-event" href=to data-blamed=is_blamed.then_some("")>
                <span class="faint">{shell.civil(event.time).hms()}</span>
                <span class=class><Icon name=icon size=14 /></span>
                <span class="cut">{told(&event)}</span>
            </a>
        }
    };
    let columns = columns(window::is_narrow());
    let open =
        move |row: ServiceRow| shell.address.push(shell.address.now().to_page(["services", &row.service]));
    view! {
        <div class="overview-lists">
            <section>
                <div class="section-head"><h2>{t(Word::OverviewChanged)}</h2></div>
                {move || {
                    let events = events();
                    let is_none = events.is_empty();
                    view! {
                        {is_none.then(|| view! { <p class="quiet overview-none">{t(Word::OverviewNoChange)}</p> })}
                        {events.into_iter().take(SHOWN).map(&event).collect_view()}
                    }
                }}
            </section>
            <section>
                <div class="section-head">
                    <h2>{t(if rows.is_empty() { Word::OverviewBusiest } else { Word::OverviewWorst })}</h2>
                    <a class="link" href=move || shell.link(["services"]).to_string()>{t(Word::ShellAllScope)} " " {total}</a>
                </div>
                {if rows.is_empty() {
                    view! { <Busiest /> }.into_any()
                } else {
                    view! { <Grid rows=Signal::stored(rows) columns=columns label=t(Word::OverviewWorst) open=Callback::new(open) /> }.into_any()
                }}
            </section>
        </div>
    }
}

/// While none is bad: those with the most traffic.
#[component]
fn Busiest() -> impl IntoView {
    let shell = Shell::here();
    let services = load::<Vec<ServiceRow>>(move || {
        let question = shell.in_range(Question::get("services")).with("sort", "-rate").with("limit", BUSIEST);
        Some(match shell.compared() {
            Some(before) => question.with("compare", format!("{}~{}", before.from.0, before.to.0)),
            None => question,
        })
    });
    let open =
        move |row: ServiceRow| shell.address.push(shell.address.now().to_page(["services", &row.service]));
    view! {
        <Loaded load=services rows=6 show=move |answer| view! {
            <Grid rows=Signal::stored(answer.data.clone()) columns=columns(window::is_narrow()) label=t(Word::OverviewBusiest) open=Callback::new(open) />
        } />
    }
}

/// On a phone the same figures without what the list of services tells as well.
fn columns(is_phone: bool) -> Vec<Column<ServiceRow>> {
    let before = |row: &ServiceRow| row.compare.as_ref().and_then(|before| before.error_rate);
    let name = Column::text(t(Word::OverviewService), "minmax(100px, 1fr)", |row: &ServiceRow| {
        view! { <Mark state=row.state.into() title=row.state.name() /><span>{row.service.clone()}</span> }
            .into_any()
    });
    let errors = Column::number(t(Word::OverviewErrors), "72px", move |row: &ServiceRow| {
        cells::errors(row.error_rate, before(row))
    });
    let spark = |wide: &'static str| {
        Column::text("", wide, move |row: &ServiceRow| {
            let is_bad = notable::are_errors(row.error_rate, before(row));
            cells::errors_spark(row.spark.error_rate.clone(), is_bad)
        })
    };
    let p95 = Column::number("p95", "72px", |row: &ServiceRow| cells::duration(row.p95_ns));
    if is_phone {
        return vec![name, spark("76px"), errors, p95];
    }
    vec![
        name,
        Column::number(t(Word::OverviewRate), "72px", |row: &ServiceRow| cells::rate(row.rate)),
        errors,
        spark("92px"),
        p95,
        Column::number("Δ", "72px", |row: &ServiceRow| {
            cells::change(row.p95_ns, row.compare.as_ref().and_then(|before| before.p95_ns))
        }),
        Column::text("", "92px", |row: &ServiceRow| {
            let values = row.spark.p95_ns.iter().map(|value| value.map(|ns| ns as f64)).collect();
            view! { <Spark values=values own="--rate" /> }.into_any()
        }),
    ]
}
