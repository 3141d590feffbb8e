//! Rows that match, for questions that the skeleton alone can answer; the server is asked for the others.

use daymark_view::skeleton::flag;

use crate::trace::Trace;

/// The rows that match all words, in order; none where a word is about what the skeleton does not hold.
pub fn local(trace: &Trace, query: &str) -> Option<Vec<u32>> {
    let mut tests: Vec<(bool, Test)> = Vec::new();
    for word in query.split_whitespace() {
        let (is_not, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        tests.push((is_not, Test::read(trace, word)?));
    }
    if tests.is_empty() {
        return None;
    }
    Some(
        (0..trace.len() as u32)
            .filter(|at| tests.iter().all(|(is_not, test)| test.holds(trace, *at) != *is_not))
            .collect(),
    )
}

enum Test {
    /// Names of services and operations that hold a text, by their number.
    Named(Vec<bool>, Vec<bool>),
    Flag(u16),
}

impl Test {
    fn read(trace: &Trace, word: &str) -> Option<Self> {
        match word {
            "status:error" => return Some(Self::Flag(flag::ERROR)),
            "crit" => return Some(Self::Flag(flag::CRITICAL)),
            _ => {}
        }
        if word.is_empty()
            || matches!(word, "AND" | "OR" | "NOT")
            || word.contains([':', '=', '<', '>', '~', '!', '*', '"', '(', ')', '{', '}'])
        {
            return None;
        }
        let text = word.to_lowercase();
        let holds = |names: &[String]| names.iter().map(|name| name.to_lowercase().contains(&text)).collect();
        Some(Self::Named(holds(&trace.services), holds(&trace.operations)))
    }

    fn holds(&self, trace: &Trace, at: u32) -> bool {
        let of = |list: &[bool], number: u32| list.get(number as usize).copied().unwrap_or(false);
        match self {
            Self::Named(services, operations) => {
                of(services, trace.svc[at as usize]) || of(operations, trace.op[at as usize])
            }
            Self::Flag(bits) => trace.has(at, *bits),
        }
    }
}

/// Places of half-open ranges of rows of the server.
pub fn places(trace: &Trace, ranges: &[[u32; 2]]) -> Vec<u32> {
    let rows = ranges.iter().flat_map(|[from, to]| *from..(*to).min(from.saturating_add(2_000_000)));
    rows.filter_map(|row| trace.place_of(row)).collect()
}
