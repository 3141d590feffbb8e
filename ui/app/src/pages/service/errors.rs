//! What fails: failed spans that fail alike, with their stack and a trace to look at.

use daymark_view::service::ErrorGroup;
use daymark_viz::{clock, figure};
use leptos::prelude::*;

use crate::load::load;
use crate::parts::copied::CodeBlock;
use crate::parts::figures::show;
use crate::parts::grid::{Column, Grid};
use crate::parts::icon::Icon;
use crate::parts::spark::Spark;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::About;

const TOP: usize = 5;

/// The most frequent ones.
#[component]
pub(super) fn Top(about: About) -> impl IntoView {
    let shell = Shell::here();
    let groups = load::<Vec<ErrorGroup>>(move || Some(about.question("errors").with("limit", TOP)));
    let rows = Memo::new(move |_| groups.map(Clone::clone));
    let versions = Memo::new(move |_| about.detail.map(|detail| detail.row.versions.len()));
    let open = Callback::new(move |group: ErrorGroup| {
        shell.address.push(shell.address.now().with("tab", "errors").with("sel", &group.fingerprint));
    });
    let columns = move || {
        vec![
            Column::text(t(Word::ServiceType), "minmax(120px, 1fr)", |row: &ErrorGroup| named(row)),
            Column::text(t(Word::ServiceFrame), "minmax(100px, 1fr)", |row: &ErrorGroup| {
                view! { <span class="mono quiet cut" title=row.frame.clone()>{row.frame.clone()}</span> }
                    .into_any()
            }),
            Column::text(t(Word::ServiceTrend), "92px", |row: &ErrorGroup| {
                view! { <Spark values=trend(row) own="--crit" /> }.into_any()
            }),
            Column::number(t(Word::ServiceCount), "70px", |row: &ErrorGroup| {
                show(figure::count(row.count)).into_any()
            }),
            Column::text(t(Word::ServiceVersion), "112px", move |row: &ErrorGroup| {
                view! { <span class="quiet cut" title=row.versions.join(", ")>{of_versions(row, versions.get_untracked())}</span> }.into_any()
            }),
        ]
    };
    view! {
        <div class="section-head">
            <h2>{t(Word::ServiceTopErrors)}</h2>
            <span class="note small">{t(Word::ServiceTopErrorsNote)}</span>
            <a class="link" href=move || shell.address.get().with("tab", "errors").to_string()>{t(Word::ServiceErrors)}</a>
        </div>
        <Loaded load=groups rows=3 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <p class="service-none quiet">{t(Word::ServiceNoErrors)}</p> }.into_any();
            }
            view! { <Grid rows=rows columns=columns() label=t(Word::ServiceTopErrors) open=open /> }.into_any()
        } />
    }
}

/// The type alone without its package; the whole of it is the title.
fn named(row: &ErrorGroup) -> AnyView {
    let kind = row.kind.clone().unwrap_or_else(|| row.message.clone());
    let short = match kind.rsplit_once('.') {
        Some((_, last)) if !kind.contains(' ') && !last.is_empty() => last.to_owned(),
        _ => kind.clone(),
    };
    view! { <span class="crit cut" title=format!("{kind}: {}", row.message)>{short}</span> }.into_any()
}

fn trend(row: &ErrorGroup) -> Vec<Option<f64>> {
    row.trend.iter().map(|count| Some(*count as f64)).collect()
}

fn of_versions(row: &ErrorGroup, of: usize) -> String {
    match row.versions.as_slice() {
        [only] if of > 1 => say(Word::ServiceOnlyVersion, &[("version", only)]),
        [] => String::new(),
        versions if versions.len() == of => t(Word::ServiceAllVersions).into(),
        versions => versions.join(", "),
    }
}

/// All of them; the selected one open.
#[component]
pub(super) fn All(about: About) -> impl IntoView {
    let shell = Shell::here();
    let groups = load::<Vec<ErrorGroup>>(move || Some(about.question("errors")));
    let selected = shell.address.param("sel");
    let group = move |group: ErrorGroup| {
        let id = group.fingerprint.clone();
        let is_open = Memo::new(move |_| selected.with(|selected| selected.as_deref() == Some(id.as_str())));
        let fingerprint = group.fingerprint.clone();
        let toggle = move |_| {
            let put = if is_open.get_untracked() { "" } else { fingerprint.as_str() };
            shell.address.replace(shell.address.now().with("sel", put));
        };
        let detail = {
            let group = group.clone();
            move || is_open.get().then(|| view! { <Detail group=group.clone() about=about /> })
        };
        view! {
            <li>
                <button type="button" class="service-error" aria-expanded=move || is_open.get().to_string() on:click=toggle>
                    <Icon name="right" size=12 />
                    <span class="service-error-name">{named(&group)}<span class="quiet cut">{group.message.clone()}</span></span>
                    <Spark values=trend(&group) own="--crit" />
                    <span class="num">{show(figure::count(group.count))}</span>
                    <span class="num quiet">{clock::near(group.last_seen, shell.now(), shell.offset())}</span>
                </button>
                {detail}
            </li>
        }
    };
    view! {
        <Loaded load=groups rows=6 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <Nothing text=t(Word::ServiceNoErrors) /> }.into_any();
            }
            view! { <ul class="service-errors">{answer.data.iter().cloned().map(group).collect_view()}</ul> }.into_any()
        } />
    }
}

#[component]
fn Detail(group: ErrorGroup, about: About) -> impl IntoView {
    let shell = Shell::here();
    let quoted = daymark_viz::clause::value;
    let failed = {
        let kind =
            group.kind.as_ref().map(|kind| format!(" exception.type={}", quoted(kind))).unwrap_or_default();
        shell
            .link(["traces"])
            .with("q", &format!("service={} status:error{kind}", quoted(&about.service.get_untracked())))
    };
    let trace = group.last_trace_id.map(|trace| {
        let link = shell.link(["traces", &trace.to_string()]);
        group.last_span_id.map_or(link.clone(), |span| link.with("span", &span.to_string())).to_string()
    });
    let fact =
        |word: Word, text: String| (!text.is_empty()).then(|| view! { <dt>{t(word)}</dt><dd>{text}</dd> });
    let at = |at| clock::near(at, shell.now(), shell.offset());
    view! {
        <div class="service-error-detail">
            <dl class="pairs">
                {fact(Word::ServiceType, group.kind.clone().unwrap_or_else(|| t(Word::ServiceUntyped).into()))}
                {fact(Word::ServiceMessage, group.message.clone())}
                {fact(Word::ServiceFirstSeen, at(group.first_seen))}
                {fact(Word::ServiceLastSeen, at(group.last_seen))}
                {fact(Word::ServiceVersions, group.versions.join(", "))}
                {fact(Word::ServiceInstances, group.instances.join(", "))}
            </dl>
            <div class="service-error-actions">
                {trace.map(|trace| view! { <a class="button" data-kind="primary" href=trace>{t(Word::ServiceLastTrace)}</a> })}
                <a class="button" href=failed.to_string()>{t(Word::ServiceFailedTraces)}</a>
            </div>
            {group.stack.clone().map(|stack| view! { <CodeBlock text=Signal::stored(stack) /> })}
        </div>
    }
}
