//! The table: a column only where some row has something for it; on a phone two lines for each service.

use daymark_view::services::ServiceRow;
use daymark_viz::{figure, notable};
use leptos::prelude::*;

use crate::parts::cells;
use crate::parts::figures::{show, show_or_dash};
use crate::parts::grid::{Column, Grid, Sorting};
use crate::parts::icon::Icon;
use crate::parts::mark::Mark;
use crate::parts::spark::Spark;
use crate::parts::swatch::Swatch;
use crate::parts::width::is_phone;
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::SORT;
use super::controls::state_name;
use super::paging::Paged;

/// A deploy is news for so long.
const NEWS_NS: i64 = 3_600_000_000_000;

/// A row of the table: a service, or the name of the group that follows.
#[derive(Clone, Debug, PartialEq)]
enum Line {
    Head(String, usize),
    Service(Box<ServiceRow>),
}

/// Which columns have something to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    team: bool,
    namespace: bool,
    saturation: bool,
    breakers: bool,
    deploy: bool,
    alerts: bool,
    compared: bool,
}

impl Shown {
    fn of(rows: &[ServiceRow]) -> Self {
        let any = |has: fn(&ServiceRow) -> bool| rows.iter().any(has);
        let team = any(|row| row.team.is_some());
        Self {
            team,
            namespace: !team && any(|row| row.namespace.is_some()),
            saturation: any(|row| row.saturation.is_some()),
            breakers: any(|row| row.breakers.is_some()),
            deploy: any(|row| row.last_deploy.is_some()),
            alerts: any(|row| row.alerts_firing.is_some()),
            compared: any(|row| row.compare.is_some()),
        }
    }
}

#[component]
pub(super) fn Table(list: Paged) -> impl IntoView {
    let shell = Shell::here();
    let is_phone = is_phone();
    let group = shell.address.param("group");
    let shown = Memo::new(move |_| list.rows.with(|rows| Shown::of(rows)));
    let lines = Memo::new(move |_| list.rows.with(|rows| grouped(rows, group.get().as_deref())));
    let sort = shell.address.param("sort");
    let sorting = Sorting {
        by: Signal::derive(move || sort.get().unwrap_or_else(|| SORT.into())),
        choose: Callback::new(move |by: String| shell.address.set("sort", if by == SORT { "" } else { &by })),
    };
    let open = Callback::new(move |line: Line| {
        if let Line::Service(row) = line {
            shell.address.push(shell.address.now().to_page(["services", &row.service]));
        }
    });
    let link = Callback::new(move |line: Line| match line {
        Line::Service(row) => shell.address.now().to_page(["services", &row.service]).to_string(),
        Line::Head(..) => shell.address.now().to_string(),
    });
    let more = Callback::new(move |()| list.ask_more());
    move || {
        let (columns, row_px) =
            if is_phone.get() { (vec![card()], 52.0) } else { (columns(shell, shown.get()), 28.0) };
        view! {
            <Grid
                rows=lines
                columns=columns
                label=t(Word::ServicesTitle)
                open=open
                link=link
                sorting=sorting
                row_px=row_px
                scrolls=true
                more=more
            />
        }
    }
}

/// The rows, each group after its name. The server sends them sorted by group.
fn grouped(rows: &[ServiceRow], group: Option<&str>) -> Vec<Line> {
    let of = |row: &ServiceRow| match group {
        Some("namespace") => row.namespace.clone(),
        Some("team") => row.team.clone(),
        Some("version") => row.versions.first().map(|version| version.version.clone()),
        _ => None,
    };
    let is_grouped = matches!(group, Some("namespace" | "team" | "version"));
    let mut lines: Vec<Line> = Vec::with_capacity(rows.len() + 8);
    let (mut last, mut head) = (None, None);
    for row in rows {
        let name = of(row);
        if is_grouped && last.as_ref() != Some(&name) {
            head = Some(lines.len());
            lines.push(Line::Head(name.clone().unwrap_or_else(|| t(Word::ServicesWithout).into()), 0));
            last = Some(name);
        }
        if let Some(Line::Head(_, count)) = head.and_then(|head| lines.get_mut(head)) {
            *count += 1;
        }
        lines.push(Line::Service(Box::new(row.clone())));
    }
    lines
}

fn before<T>(row: &ServiceRow, read: fn(&daymark_view::services::Compared) -> Option<T>) -> Option<T> {
    row.compare.as_ref().and_then(read)
}

fn is_failing(row: &ServiceRow) -> bool {
    notable::are_errors(row.error_rate, before(row, |before| before.error_rate))
}

/// A cell of services alone; the name of a group has none.
fn of_service(
    cell: impl Fn(&ServiceRow) -> AnyView + Send + Sync + 'static,
) -> impl Fn(&Line) -> AnyView + Send + Sync + 'static {
    move |line| match line {
        Line::Service(row) => cell(row),
        Line::Head(..) => ().into_any(),
    }
}

fn columns(shell: Shell, shown: Shown) -> Vec<Column<Line>> {
    let number =
        |head: &str, width, cell: fn(&ServiceRow) -> AnyView| Column::number(head, width, of_service(cell));
    let text =
        |head: &str, width, cell: fn(&ServiceRow) -> AnyView| Column::text(head, width, of_service(cell));
    let quiet = |text: Option<&String>| view! { <span class="quiet">{text.cloned()}</span> }.into_any();
    let mut columns = vec![
        Column::text(t(Word::ServicesService), "minmax(150px, 1.6fr)", |line: &Line| match line {
            Line::Head(name, count) => view! { <span class="services-group"><b>{name.clone()}</b> <span class="faint">{*count}</span></span> }.into_any(),
            Line::Service(row) => view! {
                <Mark state=row.state.into() title=state_name(row.state) />
                <Swatch service=row.service.clone() />
                <span class="services-service" title=row.service.clone()>{row.service.clone()}</span>
            }.into_any(),
        }).sorted_by("name"),
    ];
    if shown.team {
        columns.push(Column::text(
            t(Word::ServicesTeam),
            "minmax(64px, 0.5fr)",
            of_service(move |row| quiet(row.team.as_ref())),
        ));
    }
    if shown.namespace {
        columns.push(Column::text(
            t(Word::ServicesSpace),
            "minmax(88px, 0.6fr)",
            of_service(move |row| quiet(row.namespace.as_ref())),
        ));
    }
    columns.extend([
        number(t(Word::ServicesRate), "76px", |row| cells::rate(row.rate)).sorted_by("rate"),
        text(t(Word::ServicesRate), "90px", |row| {
            view! { <Spark values=row.spark.rate.clone() own="--rate" /> }.into_any()
        })
        .unnamed(),
        number(t(Word::ServicesErrors), "76px", |row| {
            cells::errors(row.error_rate, before(row, |before| before.error_rate))
        })
        .sorted_by("error_rate"),
        text(t(Word::ServicesErrors), "90px", |row| {
            cells::errors_spark(row.spark.error_rate.clone(), is_failing(row))
        })
        .unnamed(),
        number("p50", "70px", |row| cells::quiet_duration(row.p50_ns)).sorted_by("p50"),
        number("p95", "72px", |row| cells::duration_since(row.p95_ns, before(row, |before| before.p95_ns)))
            .sorted_by("p95"),
    ]);
    if shown.compared {
        columns.push(number("Δ p95", "74px", |row| {
            cells::change(row.p95_ns, before(row, |before| before.p95_ns))
        }));
    }
    columns.push(number("p99", "72px", |row| cells::quiet_duration(row.p99_ns)).sorted_by("p99"));
    if shown.saturation {
        columns.push(number(t(Word::ServicesSaturation), "96px", |row| cells::share(row.saturation)));
    }
    columns.push(number("Apdex", "60px", |row| {
        let apdex = row.apdex.map(|apdex| format!("{apdex:.2}"));
        view! { <span class="quiet">{apdex.unwrap_or_else(|| "–".into())}</span> }.into_any()
    }));
    columns.push(number(t(Word::ServicesInstances), "70px", instances));
    if shown.breakers {
        columns.push(text(t(Word::ServicesBreakers), "104px", breakers));
    }
    columns.push(text(t(Word::ServicesVersion), "minmax(96px, 0.7fr)", version));
    if shown.deploy {
        columns.push(Column::number(
            t(Word::ServicesDeploy),
            "64px",
            of_service(move |row| deploy(shell, row)),
        ));
    }
    if shown.alerts {
        columns.push(number(t(Word::ServicesAlerts), "56px", |row| {
            let firing = row.alerts_firing.unwrap_or(0);
            let class = if firing > 0 { "crit strong" } else { "quiet" };
            view! { <span class=class>{firing}</span> }.into_any()
        }));
    }
    columns
}

fn instances(row: &ServiceRow) -> AnyView {
    let instances = row.instances;
    match (instances.up, instances.registered) {
        (Some(up), Some(registered)) => {
            let class = if notable::is_short(Some(up), Some(registered)) { "warn strong" } else { "" };
            view! { <span class=class>{up}"/"{registered}</span> }.into_any()
        }
        _ => view! { <span class="quiet">{instances.seen.map_or_else(|| "–".into(), |seen| seen.to_string())}</span> }.into_any(),
    }
}

fn breakers(row: &ServiceRow) -> AnyView {
    match row.breakers {
        Some(breakers) if breakers.open > 0 => {
            let text = say(Word::ServicesOpenBreakers, &[("count", &breakers.open.to_string())]);
            view! { <span class="badge" data-state="critical"><Icon name="bolt" size=12 />{text}</span> }
                .into_any()
        }
        Some(breakers) if breakers.half_open > 0 => {
            let text = say(Word::ServicesHalfBreakers, &[("count", &breakers.half_open.to_string())]);
            view! { <span class="badge" data-state="info"><Mark state=crate::parts::mark::State::Moving />{text}</span> }.into_any()
        }
        _ => view! { <span class="faint">"–"</span> }.into_any(),
    }
}

/// The version with the most calls, and its share where it is not alone.
fn version(row: &ServiceRow) -> AnyView {
    let Some(first) = row.versions.first() else {
        return view! { <span class="faint">"–"</span> }.into_any();
    };
    let all: Vec<String> = row
        .versions
        .iter()
        .map(|version| format!("{} {}", version.version, figure::percent_short(version.share)))
        .collect();
    let share = (row.versions.len() > 1)
        .then(|| view! { <span class="faint">{show(figure::percent_short(first.share))}</span> });
    view! { <span class="mono cut" title=all.join(", ")>{first.version.clone()}</span> {share} }.into_any()
}

fn deploy(shell: Shell, row: &ServiceRow) -> AnyView {
    let age = row.last_deploy.map(|at| shell.now().0.saturating_sub(at.0).max(0));
    let class = if age.is_some_and(|age| age < NEWS_NS) { "info strong" } else { "quiet" };
    view! { <span class=class>{show_or_dash(age.map(|age| figure::age(age as u64)))}</span> }.into_any()
}

/// Two lines for a service: its name, then the same figures in the same order.
fn card() -> Column<Line> {
    Column::text(t(Word::ServicesService), "minmax(0, 1fr)", |line: &Line| {
        match line {
        Line::Head(name, count) => view! { <span class="services-group"><b>{name.clone()}</b> <span class="faint">{*count}</span></span> }.into_any(),
        Line::Service(row) => {
            let is_slower = notable::is_slower(row.p95_ns, before(row, |before| before.p95_ns));
            let p95 = if is_slower { "strong" } else { "quiet" };
            let has_breaker = row.breakers.is_some_and(|breakers| breakers.open + breakers.half_open > 0);
            view! {
                <div class="services-card">
                    <Mark state=row.state.into() title=state_name(row.state) />
                    <span class="services-card-name"><span class="cut">{row.service.clone()}</span>{has_breaker.then(|| breakers(row))}</span>
                    {cells::errors_spark(row.spark.error_rate.clone(), is_failing(row))}
                    <span>{cells::rate(row.rate)}</span>
                    <span>{cells::errors(row.error_rate, before(row, |before| before.error_rate))}</span>
                    <span class=p95>{cells::duration(row.p95_ns)} <span class="faint">" p95"</span></span>
                    <span class="num">{instances(row)}</span>
                </div>
            }.into_any()
        }
    }
    })
}
