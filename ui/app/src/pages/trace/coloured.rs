//! What the colours of bars are chosen by, and where the values of an attribute come from.

use std::sync::Arc;

use daymark_trace_model::bars::OTHER;
use daymark_trace_model::colours::Colours;
use daymark_trace_model::{Trace, find};
use daymark_view::fields::FieldRow;
use daymark_view::meta::Answer;
use daymark_view::skeleton::Found;
use daymark_viz::palette::{self, Palette};
use leptos::prelude::*;

use crate::address_bar::AddressBar;
use crate::life::Life;
use crate::load::load_when;
use crate::net::{self, Question, part};
use crate::pages::trace::seen::Seen;
use crate::parts::menu::Menu;
use crate::words::{Word, t};

/// Values that have a colour of their own.
const VALUES: usize = 10;
/// Attributes that are offered.
const OFFERED: usize = 24;

/// A value of the chosen attribute, and the rows of the server that have it.
type Valued = (String, Vec<[u32; 2]>);

/// The colours that the address asks for: by service unless it says otherwise.
pub(super) fn colours(address: AddressBar, id: Memo<String>, trace: Memo<Arc<Trace>>) -> Memo<Arc<Colours>> {
    let by = address.param("colour");
    let key = Memo::new(move |_| by.get().filter(|by| !matches!(by.as_str(), "service" | "kind" | "status")));
    let valued = RwSignal::new(Arc::new(Vec::<Valued>::new()));
    ask_values(id, trace, key, valued);
    Memo::new(move |_| {
        let (by, trace) = (by.get(), trace.get());
        Arc::new(match by.as_deref() {
            None | Some("service") => by_service(&trace),
            Some("kind") => Colours::by_kind(&trace),
            Some("status") => Colours::by_status(&trace),
            Some(_) => {
                let values: Vec<(String, Vec<u32>)> = valued.with(|valued| {
                    valued.iter().map(|(name, rows)| (name.clone(), find::places(&trace, rows))).collect()
                });
                Colours::by_value(&trace, &values)
            }
        })
    })
}

fn by_service(trace: &Trace) -> Colours {
    let named = trace.services_by_count();
    let own = named.iter().map(|(name, _)| *name).filter(|name| !palette::is_virtual(name));
    let palette = Palette::of(own);
    Colours::by_service(trace, |name| match palette::is_virtual(name) {
        true => OTHER,
        false => palette.slot(name) as u8,
    })
}

/// Asks for the most frequent values of the chosen attribute, and for the rows of each.
fn ask_values(
    id: Memo<String>,
    trace: Memo<Arc<Trace>>,
    key: Memo<Option<String>>,
    valued: RwSignal<Arc<Vec<Valued>>>,
) {
    let fields = load_when::<Vec<FieldRow>>(|| (), move || Some(fields(&id.get(), &key.get()?)));
    let life = Life::here();
    Effect::new(move |_| {
        let key = key.get();
        let found = fields.map(Clone::clone).into_iter().find(|field| Some(&field.key) == key.as_ref());
        valued.set(Arc::default());
        let Some(field) = found else { return };
        let rev = trace.with(|trace| trace.rev.clone());
        let path = format!("traces/{}/find", part(&id.get()));
        life.spawn(async move {
            let mut all = Vec::new();
            for value in field.top.into_iter().take(VALUES) {
                let term = format!("{}={}", field.key, daymark_viz::clause::value(&value.value));
                let question = Question::get(path.clone()).with("q", term).with("rev", &rev);
                // A value that cannot be asked for stays grey.
                if let Ok(answer) = net::ask::<Answer<Found>>(&question, None).await {
                    all.push((value.value, answer.data.ranges));
                }
            }
            if fields.peek().is_some_and(|answer| answer.data.iter().any(|one| one.key == field.key)) {
                valued.set(Arc::new(all));
            }
        });
    });
}

/// What the spans of a trace have; the trace is found whenever it ran.
fn fields(id: &str, search: &str) -> Question {
    Question::get("traces/fields")
        .with("q", format!("trace={id}"))
        .with("search", search)
        .with("from", "-3650d")
        .with("to", "now")
        .with("limit", 200)
}

/// The menu that chooses, and what the colours mean unless they mean services.
#[component]
pub(super) fn Choice() -> impl IntoView {
    let seen = Seen::here();
    let address = seen.shell.address;
    let by = address.param("colour");
    let is_looked_at = RwSignal::new(false);
    let offered =
        load_when::<Vec<FieldRow>>(|| (), move || is_looked_at.get().then(|| fields(&seen.id.get(), "")));
    let named = |by: &str| match by {
        "service" => Some(t(Word::TraceService)),
        "kind" => Some(t(Word::TraceKind)),
        "status" => Some(t(Word::TraceStatus)),
        _ => None,
    };
    let chosen = move || {
        let by = by.get().unwrap_or_else(|| "service".into());
        named(&by).map_or(by, str::to_lowercase)
    };
    let choice = move |key: String| {
        let text = named(&key).map_or_else(|| key.clone(), str::to_owned);
        let choose =
            move |_| address.replace(address.now().with("colour", if key == "service" { "" } else { &key }));
        view! { <button type="button" role="menuitem" on:click=choose>{text}</button> }
    };
    let attributes = move || {
        let fixed = ["service", "kind", "status", "name"];
        let is_useful = |field: &FieldRow| field.distinct > 1 && !fixed.contains(&field.key.as_str());
        offered.map(|fields| {
            fields
                .iter()
                .filter(|field| is_useful(field))
                .take(OFFERED)
                .map(|field| field.key.clone())
                .collect::<Vec<_>>()
        })
    };
    view! {
        <span class="trace-colour" on:pointerenter=move |_| is_looked_at.set(true) on:focusin=move |_| is_looked_at.set(true)>
            <Menu label=Signal::stored(t(Word::TraceColourBy).to_owned()) value=Signal::derive(chosen) title=t(Word::TraceColour) kind="plain">
                {["service", "kind", "status"].map(|key| choice(key.to_owned())).collect_view()}
                {move || attributes().into_iter().map(choice).collect_view()}
            </Menu>
        </span>
    }
}

/// What the colours mean, where that is not what the rows say.
#[component]
pub(super) fn Legend() -> impl IntoView {
    let seen = Seen::here();
    let by = seen.shell.address.param("colour");
    move || {
        by.get().filter(|by| by != "service")?;
        let colours = seen.colours.get();
        let row = |class: &daymark_trace_model::colours::Class| {
            let name =
                if class.name.is_empty() { t(Word::TraceNoValue).to_owned() } else { class.name.clone() };
            view! { <span class="trace-legend-one"><i style:--own=variable(class.colour)></i><span class="cut">{name}</span> <span class="faint">{class.spans}</span></span> }
        };
        Some(
            view! { <div class="trace-legend" role="note" aria-label=t(Word::TraceColour)>{colours.legend().into_iter().map(row).collect_view()}</div> },
        )
    }
}

/// A colour of the style sheet by its number.
pub(super) fn variable(colour: u8) -> String {
    match colour {
        slot if slot < OTHER => format!("var({})", palette::variable(usize::from(slot))),
        daymark_trace_model::bars::FAILED => "var(--crit)".into(),
        daymark_trace_model::bars::FINE => "var(--ok)".into(),
        _ => "var(--ctl)".into(),
    }
}
