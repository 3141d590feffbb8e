//! Five steps from a finding to its cause: what is wrong, failed traces, one of them, its lines, the map. A bar says
//! what there is to see and where to go on; whoever goes there is a step further.

use daymark_viz::address::Address;
use leptos::prelude::*;

use crate::pages::Place;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, say, t};

const STEPS: [Word; 5] =
    [Word::TourFinding, Word::TourFailed, Word::TourTrace, Word::TourLines, Word::TourMap];

/// Which step a page is, for somebody who has come so far.
fn reached(address: &Address, before: usize) -> usize {
    let view = address.get("view");
    match (before, Place::of(address)) {
        (1, Place::Traces) => 2,
        (1 | 2, Place::Trace) if view != Some("logs") => 3,
        (3, Place::Trace) if view == Some("logs") => 4,
        (4, Place::Map) => 5,
        _ => before,
    }
}

#[component]
pub(super) fn Tour() -> impl IntoView {
    let shell = Shell::here();
    let asked = shell.address.param("tour");
    // From one to five; none while nobody is being led.
    let step = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        if let Some(asked) = asked.get() {
            step.set(asked.parse().ok().filter(|step| (1..=STEPS.len()).contains(step)));
        }
    });
    Effect::new(move |_| {
        let address = shell.address.get();
        if let Some(before) = step.get_untracked() {
            step.set(Some(reached(&address, before)));
        }
    });
    let end = move |_| {
        step.set(None);
        shell.address.replace(shell.address.now().without("tour"));
    };
    let on = move |at: usize| {
        let here = shell.address.get();
        let to = match at {
            1 => here.to_page(["traces"]).with("q", "status:error"),
            3 => here.with("view", "logs").without("tour"),
            4 => here.to_page(["map"]),
            _ => return None,
        };
        Some(view! { <a class="link" href=to.to_string()>{t(Word::TourNext)}</a> })
    };
    move || {
        let at = step.get()?;
        let count =
            say(Word::ShellStatusOf, &[("shown", &at.to_string()), ("total", &STEPS.len().to_string())]);
        Some(view! {
            <div class="tour" role="status">
                <span class="badge">{count}</span>
                <span class="grow">{t(*STEPS.get(at - 1)?)}" "{on(at)}</span>
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::TourEnd) title=t(Word::TourEnd) on:click=end><Icon name="close" size=14 /></button>
            </div>
        })
    }
}
