//! The allow-list against the functions that the engine has.

use super::*;

/// Guarantee: every name of the lists is a function; a typing mistake would silently forbid one.
#[test]
fn every_allowed_function_exists() {
    let scalar: Vec<_> = SessionStateDefaults::default_scalar_functions()
        .iter()
        .map(|function| function.name().to_owned())
        .collect();
    let missing: Vec<_> =
        PLAIN.iter().chain(GROWING).filter(|name| !scalar.iter().any(|known| known == *name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // `sketch_merge` is ours.
    assert_eq!(aggregate().len(), AGGREGATES.len() + 1);
    assert_eq!(window().len(), WINDOWS.len());
}
