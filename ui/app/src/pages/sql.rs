//! The SQL console: write, run, see, keep. The statement that was run stands in the address.

/// Where statements are written.
mod editor;
/// Statements that were run before, in this browser.
mod history;
/// Rows, chart or plan of an answer.
mod result;
/// Statements to begin with.
mod samples;
/// Tables, columns and functions there are.
mod schema;

use daymark_view::schema::SqlSchema;
use daymark_view::sql::{SqlBody, SqlTable};
use leptos::prelude::*;
use serde_json::json;

use crate::load::{Load, load, load_when};
use crate::net::Question;
use crate::parts::alarm::CreateAlert;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

/// To begin with: what everybody asks first.
const FIRST: &str = "SELECT service,\n       sum(count) AS requests,\n       round(100.0 * sum(errors) / sum(count), 2) AS error_pct,\n       round(sketch_quantile(sketch_merge(sketch), 0.95) / 1e6, 1) AS p95_ms\n  FROM red\n WHERE bucket >= :from AND bucket < :to AND entry\n GROUP BY service\n ORDER BY error_pct DESC";

/// What the parts of the console share.
#[derive(Clone, Copy)]
struct Console {
    text: RwSignal<String>,
    /// Where a name from the schema is put.
    insert: RwSignal<Option<String>>,
    schema: Load<SqlSchema>,
}

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    let run = shell.address.param("sql");
    let text = RwSignal::new(run.get_untracked().or_else(history::last).unwrap_or_else(|| FIRST.into()));
    let schema = load_when::<SqlSchema>(|| (), || Some(Question::get("sql/schema")));
    let console = Console { text, insert: RwSignal::new(None), schema };
    provide_context(console);
    Effect::new(move |_| {
        if let Some(run) = run.get() {
            text.set(run);
        }
    });
    let body = move || {
        let range = shell.range();
        Some(SqlBody {
            query: run.get()?,
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            ..SqlBody::default()
        })
    };
    let answer = load::<SqlTable>(move || body().map(|body| Question::post("sql", &body)));
    shell.tell_cost(answer, |table, meta| match &meta.truncated {
        Some(cut) => {
            format!("{} / {}", cut.shown, cut.total.map_or_else(|| "?".into(), |total| total.to_string()))
        }
        None => table.rows.len().to_string(),
    });
    let start = move || {
        let statement = text.get_untracked();
        if statement.trim().is_empty() {
            return;
        }
        history::keep(&statement);
        if run.get_untracked().as_deref() == Some(statement.as_str()) {
            shell.ask_again();
        }
        shell.address.set("sql", &statement);
    };
    let explain = move || {
        shell.address.push(shell.address.now().with("sql", &text.get_untracked()).with("show", "plan"));
    };
    shell.keys.on("Mod+Enter", Word::SqlRun, start);
    shell.keys.on("Mod+Shift+enter", Word::SqlExplain, explain);
    let ends = move || {
        let range = shell.range();
        (shell.civil(range.from).hms(), shell.civil(range.to).hms())
    };
    view! {
        <div class="page sql-page">
            <div class="page-head"><h1>{t(Word::NavSql)}</h1></div>
            <div class="sql-body">
                <schema::Schema />
                <div class="sql-main">
                    <editor::Editor run=Callback::new(move |()| start()) />
                    <div class="toolbar">
                        <button type="button" class="button" data-kind="primary" on:click=move |_| start()>
                            {t(Word::SqlRun)} <span class="sql-key">"⌘ ↵"</span>
                        </button>
                        <button type="button" class="button" on:click=move |_| explain()>{t(Word::SqlExplain)}</button>
                        <code class="sql-bound">":from "<span class="quiet">{move || ends().0}</span>"  :to "<span class="quiet">{move || ends().1}</span></code>
                        <Show when=move || answer.is_waiting()>
                            <span class="quiet small" role="status">{t(Word::SqlRunning)}</span>
                        </Show>
                        <span class="grow"></span>
                        <CreateAlert signal=Signal::derive(move || run.get().map(|query| json!({"kind": "sql", "query": query}))) />
                        <history::History />
                    </div>
                    <Show when=move || run.get().is_some() fallback=move || view! { <p class="sql-hint quiet"><Icon name="sql" />{t(Word::SqlHint)}</p><samples::Samples choose=Callback::new(move |statement: &'static str| { text.set(statement.into()); start(); }) /> }>
                        <result::Shown answer=answer body=Signal::derive(body) />
                    </Show>
                </div>
            </div>
        </div>
    }
}
