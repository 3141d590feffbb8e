//! What all pages are narrowed to: an environment, which stands in the bar at the top, namespaces, clusters and
//! teams, which stand as chips on each page.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::parts::menu::Menu;
use crate::shell::{Known, Shell};
use crate::words::{Word, t};

/// A kind of scope, its name in the address, and the names there are.
type Kind = (&'static str, Word, Vec<String>);

/// `prod ▾`: one environment, or all; and what else there is to choose from.
#[component]
pub(super) fn Scope() -> impl IntoView {
    let shell = Shell::here();
    let known = expect_context::<Known>().0;
    let kinds = Memo::new(move |_| -> Vec<Kind> {
        known.map(|known| {
            let scopes = known.scopes.clone();
            let all = [
                ("env", Word::ShellEnvironment, scopes.env),
                ("ns", Word::ShellNamespace, scopes.ns),
                ("cluster", Word::ShellCluster, scopes.cluster),
                ("team", Word::ShellTeam, scopes.team),
            ];
            all.into_iter().filter(|(_, _, names)| !names.is_empty()).collect()
        })
    });
    let chosen = move || shell.scope().iter().find_map(|scope| scope.strip_prefix("env:").map(str::to_owned));
    let label = move || chosen().unwrap_or_else(|| t(Word::ShellAllScope).into());
    let nothing = move |_| shell.address.push(shell.address.now().without("scope"));
    let group = move |(kind, word, names): Kind| {
        let items = names.into_iter().map(|name| {
            let scope = format!("{kind}:{name}");
            let (here, there) = (scope.clone(), scope);
            let is_on = Memo::new(move |_| shell.scope().contains(&here));
            view! {
                <button
                    type="button"
                    role="menuitemcheckbox"
                    aria-checked=move || is_on.get().to_string()
                    on:click=move |_| choose(shell, kind, &there)
                >
                    <span class="menu-check">{move || is_on.get().then(|| view! { <Icon name="check" size=12 /> })}</span>{name}
                </button>
            }
        });
        view! { <div class="menu-group" role="group" aria-label=t(word)><div class="menu-title" aria-hidden="true">{t(word)}</div>{items.collect_view()}</div> }
    };
    view! {
        <Show when=move || !kinds.get().is_empty()>
            <span class="crumb-env">
                <Menu label=Signal::derive(label) title=t(Word::ShellAddScope) kind="plain">
                    <button type="button" role="menuitem" on:click=nothing>{t(Word::ShellAllScope)}</button>
                    {move || kinds.get().into_iter().map(group).collect_view()}
                </Menu>
            </span>
        </Show>
    }
}

/// Takes a scope that is chosen back; one environment takes the place of another.
fn choose(shell: Shell, kind: &str, scope: &str) {
    let address = shell.address.now();
    let is_kept = |one: &&str| *one != scope && !(kind == "env" && one.starts_with("env:"));
    let was_chosen = address.all("scope").any(|one| one == scope);
    let mut scopes: Vec<String> = address.all("scope").filter(is_kept).map(Into::into).collect();
    if !was_chosen {
        scopes.push(scope.to_owned());
    }
    let bare = address.without("scope");
    shell.address.push(scopes.iter().fold(bare, |address, scope| address.and("scope", scope)));
}
