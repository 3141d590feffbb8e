//! Daymark looked at with the tools of others. Each part has a verb of its own in the Makefile.
//!
//! A part that does not find what it needs says so and is left out; it does not fail.

/// A recorded day of a shop comes back to the last item.
mod corpus;

/// Says that a test is left out, and why. With `DAYMARK_SKIP=never` that is a failure.
fn skip(needs: &str) {
    let is_forbidden = std::env::var("DAYMARK_SKIP").is_ok_and(|skip| skip == "never");
    assert!(!is_forbidden, "left out although DAYMARK_SKIP=never: needs {needs}");
    println!("skipped: needs {needs}");
}
