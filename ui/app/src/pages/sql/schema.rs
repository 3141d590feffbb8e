//! Tables, columns and functions there are; a click puts a name where the caret is.

use daymark_view::schema::SchemaTable;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::pages::sql::Console;
use crate::parts::icon::Icon;
use crate::parts::states::Loaded;
use crate::words::{Word, t};

#[component]
pub(super) fn Schema() -> impl IntoView {
    let schema = expect_context::<Console>().schema;
    let search = RwSignal::new(String::new());
    let open = RwSignal::new(Vec::<String>::new());
    view! {
        <aside class="sql-schema" aria-label=t(Word::SqlTables)>
            <div class="sql-search">
                <input class="input" type="search" placeholder=t(Word::SqlTables) aria-label=t(Word::SqlTables) on:input=move |event| search.set(event_target_value(&event).to_lowercase()) />
            </div>
            <div class="scroll">
                <Loaded load=schema rows=10 show=move |answer| {
                    let schema = answer.data.clone();
                    move || {
                        let wanted = search.get();
                        let is_wanted = |table: &&SchemaTable| {
                            table.table.contains(&wanted) || table.columns.iter().any(|column| column.name.contains(&wanted))
                        };
                        let tables = schema.tables.iter().filter(is_wanted).map(|table| one(table, &wanted, open)).collect_view();
                        let functions = schema.functions.iter().filter(|function| function.name.contains(&wanted));
                        let functions = functions.map(|function| leaf(function.name.clone(), function.usage.clone(), String::new(), function.comment.clone())).collect_view();
                        view! { {tables} <div class="sql-group">{t(Word::SqlFunctions)}</div> {functions} }
                    }
                } />
            </div>
        </aside>
    }
}

fn one(table: &SchemaTable, wanted: &str, open: RwSignal<Vec<String>>) -> impl IntoView + use<> {
    let name = table.table.clone();
    let by_name = name.contains(wanted);
    // A column that is looked for is shown without another click.
    let is_found = !wanted.is_empty() && !by_name;
    let columns: Vec<_> =
        table.columns.iter().filter(|column| by_name || column.name.contains(wanted)).cloned().collect();
    let key = name.clone();
    let is_open = Memo::new(move |_| is_found || open.with(|open| open.contains(&key)));
    let key = name.clone();
    let toggle = move |_| {
        open.update(|open| match open.iter().position(|one| *one == key) {
            Some(at) => drop(open.remove(at)),
            None => open.push(key.clone()),
        })
    };
    let columns = StoredValue::new(columns);
    view! {
        <button type="button" class="sql-table" aria-expanded=move || is_open.get().to_string() title=table.comment.clone() on:click=toggle>
            {move || if is_open.get() { view! { <Icon name="down" size=12 /> } } else { view! { <Icon name="right" size=12 /> } }}
            <code class="grow cut">{name}</code>
            <span class="faint small">{table.rows.map(|rows| figure::count(rows).to_string())}</span>
        </button>
        <Show when=move || is_open.get()>
            {columns.with_value(|columns| columns.iter().map(|column| {
                let kind = format!("{}{}", column.kind, if column.nullable { " ?" } else { "" });
                leaf(column.name.clone(), column.name.clone(), kind, column.comment.clone())
            }).collect_view())}
        </Show>
    }
}

fn leaf(name: String, put: String, kind: String, comment: String) -> impl IntoView {
    let console = expect_context::<Console>();
    view! {
        <button type="button" class="sql-column" title=comment on:click=move |_| console.insert.set(Some(put.clone()))>
            <code class="grow cut">{name}</code>
            <span class="faint small">{kind}</span>
        </button>
    }
}
