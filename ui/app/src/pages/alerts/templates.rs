//! Rules to begin with: what most people want to hear of first.

use daymark_viz::rule_draft::TEMPLATES;
use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

fn told(name: &str) -> (&'static str, Word, Word) {
    match name {
        "errors" => ("bolt", Word::AlertsTemplateErrors, Word::AlertsTemplateErrorsText),
        "slow" => ("clock", Word::AlertsTemplateSlow, Word::AlertsTemplateSlowText),
        "slower" => ("metrics", Word::AlertsTemplateSlower, Word::AlertsTemplateSlowerText),
        "silent" => ("ring", Word::AlertsTemplateSilent, Word::AlertsTemplateSilentText),
        "calls" => ("map", Word::AlertsTemplateCalls, Word::AlertsTemplateCallsText),
        "lines" => ("logs", Word::AlertsTemplateLines, Word::AlertsTemplateLinesText),
        "budget" => ("star", Word::AlertsTemplateBudget, Word::AlertsTemplateBudgetText),
        _ => ("sql", Word::AlertsTemplateSql, Word::AlertsTemplateSqlText),
    }
}

#[component]
pub(super) fn Templates() -> impl IntoView {
    let shell = Shell::here();
    let one = move |name: &'static str| {
        let (icon, title, text) = told(name);
        let to = move || shell.address.get().with("rule", "new").with("draft", name).to_string();
        view! {
            <a class="alert-template" href=to>
                <span class="omni-icon"><Icon name=icon /></span>
                <span><b>{t(title)}</b><span class="quiet">{t(text)}</span></span>
            </a>
        }
    };
    view! {
        <div class="alert-head"><h2>{t(Word::AlertsBegin)}</h2></div>
        <div class="alert-templates">{TEMPLATES.map(one).collect_view()}</div>
    }
}
