//! The small words of the services list: scopes and sort keys.

use super::{Scope, ScopeKey, Sort, SortKey};

#[test]
fn scopes() {
    let prod = Scope { key: ScopeKey::Env, value: "prod:eu".into() };
    assert_eq!(Scope::parse("env:prod:eu"), Some(prod));
    for text in ["env", "env:", "zone:a", ""] {
        assert_eq!(Scope::parse(text), None, "{text}");
    }
}

#[test]
fn sort_keys() {
    assert_eq!(Sort::parse("-p95"), Some(Sort { by: SortKey::P95, descending: true }));
    assert_eq!(Sort::parse("name"), Some(Sort { by: SortKey::Name, descending: false }));
    assert_eq!(Sort::parse("p42"), None);
}
