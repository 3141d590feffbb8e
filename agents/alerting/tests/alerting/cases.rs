//! States and their timing: each file of `tests/cases` is a rule and what it makes of values, line by line.
//!
//! A line is an instant, the value found (`-`: nothing came, `?`: nothing could come in), what it was counted
//! from where that matters (`3/20`), an earlier value to compare with (`3<2`), and the state afterwards. States
//! and `for` are those of Prometheus.

use std::path::Path;

use daymark_alerting::book::Book;
use daymark_alerting::reading::Reading;
use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::sample::Sample;
use daymark_view::duration;

/// The one group.
fn group() -> Labels {
    [("service".to_owned(), "web".to_owned())].into()
}

fn sample(text: &str) -> Option<Sample> {
    let (value, count) = text.split_once('/').unwrap_or((text, "1000"));
    let value: f64 = value.parse().ok()?;
    Some(Sample { labels: group(), value: Some(value), count: count.parse().unwrap() })
}

fn check(name: &str, text: &str) -> usize {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let rule = serde_json::from_str(lines.next().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let rule = Rule::read(&rule, "").unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
    let mut book = Book::default();
    let mut checked = 0;
    for line in lines {
        let mut words = line.split_whitespace();
        let at = Nanos(duration::parse(words.next().unwrap()).unwrap() + 1_000_000 * Nanos::MINUTE);
        let (found, expected) = (words.next().unwrap(), words.next().unwrap());
        let (now, then) = found.split_once('<').unwrap_or((found, ""));
        let reading =
            Reading { now: sample(now).into_iter().collect(), then: sample(then).into_iter().collect() };
        book.evaluate(&rule, &reading, at, now == "?");
        let alert = book.groups.get(&group()).and_then(|group| group.alert.as_ref());
        let state = alert.map_or("ok", |alert| alert.state.name());
        assert_eq!(state, expected, "{name}: {line}");
        checked += 1;
    }
    checked
}

#[test]
fn every_case_comes_out_as_written() {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/cases");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        checked += check(&name, &std::fs::read_to_string(&path).unwrap());
    }
    assert!(checked > 60, "only {checked} lines were checked");
}
