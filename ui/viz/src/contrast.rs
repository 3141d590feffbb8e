//! Two traces, or two sets of traces, step by step: which rows of the tree are shown, and how much each
//! differs.

use daymark_view::diff::{AttributeDiff, Diff, Measures, Metric, PathDiff};

/// What differs at one step; above zero A has more.
pub fn delta(row: &PathDiff, metric: Metric) -> f64 {
    let of = |side: Option<&Measures>| side.map_or(0.0, |side| side.of(metric));
    of(row.a.as_ref()) - of(row.b.as_ref())
}

/// Rows of the tree to show: those that differ by at least `min`, and those above them. `closed` are rows of
/// which nothing below is shown.
pub fn shown(tree: &[PathDiff], metric: Metric, min: f64, closed: &[usize]) -> Vec<usize> {
    let mut shown = vec![false; tree.len()];
    // What is above a row that is shown; the tree is in pre-order.
    let mut above: Vec<usize> = Vec::new();
    for (at, row) in tree.iter().enumerate() {
        above.retain(|up| tree[*up].path.len() < row.path.len());
        if delta(row, metric).abs() >= min {
            shown[at] = true;
            above.iter().for_each(|up| shown[*up] = true);
        }
        above.push(at);
    }
    let mut out = Vec::new();
    let mut closed_at = None::<usize>;
    for (at, row) in tree.iter().enumerate() {
        if closed_at.is_some_and(|depth| row.path.len() > depth) {
            continue;
        }
        closed_at = closed.contains(&at).then_some(row.path.len());
        if shown[at] {
            out.push(at);
        }
    }
    out
}

/// Whether a row has others below it.
pub fn has_children(tree: &[PathDiff], at: usize) -> bool {
    tree.get(at).zip(tree.get(at + 1)).is_some_and(|(row, next)| next.path.len() > row.path.len())
}

/// How many of the steps with the most time of their own make up how much of the whole difference: the
/// fewest that make up nine tenths of it, or all; none where all of them are less than half.
pub fn explained(diff: &Diff) -> Option<(usize, f64)> {
    let whole = diff.a.duration_ns - diff.b.duration_ns;
    if whole.abs() < 1.0 {
        return None;
    }
    let own = diff.tree.iter().map(|row| delta(row, Metric::Own) / whole).filter(|share| *share > 0.0);
    let mut shares: Vec<f64> = own.collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    for (at, share) in shares.iter().enumerate() {
        sum += share;
        if sum >= 0.9 {
            return Some((at + 1, sum.min(1.0)));
        }
    }
    // Time that no span covers explains the rest; where that is most, steps explain nothing.
    (sum >= 0.5).then_some((shares.len(), sum))
}

/// What differs of the services that both sides have, and the services that only A or only B has. Keys are a
/// service and the name of an attribute.
pub fn whole(rows: &[AttributeDiff]) -> (Vec<AttributeDiff>, Vec<String>, Vec<String>) {
    let service = |row: &AttributeDiff| row.key.split(' ').next().unwrap_or_default().to_owned();
    let is_only = |name: &str, is_absent: fn(&AttributeDiff) -> bool| {
        rows.iter().filter(|row| service(row) == name).all(is_absent)
    };
    let mut names: Vec<String> = rows.iter().map(service).collect();
    names.dedup();
    let (only_a, rest): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| is_only(name, |row| row.b.is_null()));
    let (only_b, both): (Vec<String>, Vec<String>) =
        rest.into_iter().partition(|name| is_only(name, |row| row.a.is_null()));
    let differs = rows.iter().filter(|row| both.contains(&service(row))).cloned().collect();
    (differs, only_a, only_b)
}

/// `trace:<id>` or `set:<q>~<from>~<to>`, as an address keeps a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideText {
    Trace(String),
    Set { q: String, from: String, to: String },
}

impl SideText {
    pub fn read(text: &str) -> Option<Self> {
        if let Some(id) = text.strip_prefix("trace:") {
            return (!id.trim().is_empty()).then(|| Self::Trace(id.trim().to_owned()));
        }
        let rest = text.strip_prefix("set:")?;
        // A query may hold a tilde itself: the two instants stand last.
        let (rest, to) = rest.rsplit_once('~')?;
        let (q, from) = rest.rsplit_once('~')?;
        Some(Self::Set { q: q.to_owned(), from: from.to_owned(), to: to.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use daymark_view::diff::Step;

    use super::*;

    fn row(path: &str, a: Option<f64>, b: Option<f64>) -> PathDiff {
        let step = |name: &str| Step { service: "s".into(), name: name.into(), kind: "server".into() };
        let side = |ns: f64| Measures { duration_ns: ns, self_ns: ns, ..Measures::default() };
        PathDiff {
            path: path.split('/').map(step).collect(),
            a: a.map(side),
            b: b.map(side),
            attributes: Vec::new(),
        }
    }

    fn tree() -> Vec<PathDiff> {
        vec![
            row("a", Some(100.0), Some(99.0)),
            row("a/b", Some(50.0), Some(50.0)),
            row("a/b/c", Some(40.0), None),
            row("a/d", None, Some(5.0)),
        ]
    }

    #[test]
    fn small_differences_are_hidden_unless_something_below_is_large() {
        let of = |min: f64, closed: &[usize]| shown(&tree(), Metric::Duration, min, closed);
        assert_eq!(of(0.0, &[]), [0, 1, 2, 3]);
        assert_eq!(of(10.0, &[]), [0, 1, 2]);
        assert_eq!(of(0.0, &[1]), [0, 1, 3]);
        assert!(of(1_000.0, &[]).is_empty());
        assert!(has_children(&tree(), 1) && !has_children(&tree(), 2) && !has_children(&tree(), 3));
        assert_eq!(delta(&tree()[3], Metric::Duration), -5.0);
    }

    #[test]
    fn the_fewest_steps_that_explain_most_are_counted() {
        let side = |ns: f64| daymark_view::diff::SideSum { duration_ns: ns, ..Default::default() };
        let diff = Diff { a: side(141.0), b: side(100.0), tree: tree(), whole: Vec::new() };
        let (steps, share) = explained(&diff).expect("a difference");
        assert!(steps == 1 && share > 0.97);
        assert_eq!(explained(&Diff { b: side(141.0), ..diff }), None);
    }

    #[test]
    fn services_of_one_side_are_named_once() {
        let of = |key: &str, a: bool, b: bool| {
            let value = |is: bool| if is { "x".into() } else { Default::default() };
            AttributeDiff { key: key.into(), a: value(a), b: value(b) }
        };
        let rows = [
            of("a host", true, false),
            of("a zone", true, false),
            of("b host", true, true),
            of("b zone", false, true),
            of("c host", false, true),
        ];
        let (differs, only_a, only_b) = whole(&rows);
        let keys: Vec<&str> = differs.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(
            (keys, only_a, only_b),
            (vec!["b host", "b zone"], vec!["a".to_owned()], vec!["c".to_owned()])
        );
    }

    #[test]
    fn sides_are_traces_or_sets() {
        assert_eq!(SideText::read("trace:8f2c"), Some(SideText::Trace("8f2c".into())));
        let set = SideText::Set { q: "name~x service:a".into(), from: "-1h".into(), to: "now".into() };
        assert_eq!(SideText::read("set:name~x service:a~-1h~now"), Some(set));
        assert_eq!(
            [SideText::read(""), SideText::read("trace:"), SideText::read("set:x")],
            [None, None, None]
        );
    }
}
