//! Changing a query by one clause: what a click on a value adds or takes away, and which clauses a question
//! can take that speaks of spans alone.

use daymark_view::search::{self, Domain, Field, Key, Node, Op, Test, Value};

/// A value as a search takes it: in quotes where it would read as something else.
pub fn value(text: &str) -> String {
    let value = if text.contains('*') || text.is_empty() { Value::quoted(text) } else { Value::bare(text) };
    let written = Test::Compare { key: Key::of(Domain::InTrace, "x"), op: Op::Like, value }.to_string();
    written.split_once(':').map_or_else(|| text.to_owned(), |(_, value)| value.to_owned())
}

/// `key:value`, as it is added to a query.
pub fn term(domain: Domain, key: &str, text: &str) -> String {
    format!("{}:{}", Key::of(domain, key), value(text))
}

/// The query with one more clause; the same when it already has it.
pub fn plus(domain: Domain, q: &str, clause: &str) -> String {
    let q = q.trim();
    if q.is_empty() {
        return clause.to_owned();
    }
    if has(domain, q, clause) {
        return q.to_owned();
    }
    let is_choice = search::parse(domain, q).is_ok_and(|query| matches!(query.node, Some(Node::Or(_))));
    if is_choice { format!("({q}) {clause}") } else { format!("{q} {clause}") }
}

/// Without the clause where the query has it, else with it.
pub fn toggled(domain: Domain, q: &str, clause: &str) -> String {
    let known = search::clauses(domain, q).unwrap_or_default();
    let wanted = search::parse(domain, clause).ok().map(|query| query.to_string());
    match known.iter().find(|(node, _)| Some(node.to_string()) == wanted) {
        Some((_, [start, end])) => {
            let before = q.get(..*start).unwrap_or_default().trim_end();
            let after = q.get(*end..).unwrap_or_default().trim_start();
            format!("{before} {after}").trim().to_owned()
        }
        None => plus(domain, q, clause),
    }
}

/// Whether the clause is one of those that must all hold.
pub fn has(domain: Domain, q: &str, clause: &str) -> bool {
    let wanted = search::parse(domain, clause).ok().map(|query| query.to_string());
    let known = search::clauses(domain, q).unwrap_or_default();
    known.iter().any(|(node, _)| Some(node.to_string()) == wanted)
}

/// What of a query chooses services and operations, so that a selection is seen in its surroundings.
pub fn surroundings(q: &str) -> String {
    kept(q, |node| {
        let is_place = |key: &&Key| {
            matches!(key, Key::Field(Field::Service | Field::Name | Field::Env | Field::Namespace))
        };
        let all = search::Query { node: Some(node.clone()) };
        let is_text = all.terms().iter().any(|term| matches!(term.test, Test::Text(_)));
        !is_text && is_of_spans(node) && !all.keys().is_empty() && all.keys().iter().all(is_place)
    })
}

/// What of a query a single span can tell: facets, heatmaps and comparisons take no more.
pub fn of_spans(q: &str) -> String {
    kept(q, is_of_spans)
}

/// Whether single spans tell all of a query.
pub fn tells_spans(q: &str) -> bool {
    search::parse(Domain::Traces, q).is_ok_and(|query| query.node.as_ref().is_none_or(is_of_spans))
}

/// Whether a query cannot be read.
pub fn is_bad(domain: Domain, q: &str) -> bool {
    search::parse(domain, q).is_err()
}

fn is_of_spans(node: &Node) -> bool {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().all(is_of_spans),
        Node::Not(inner) => is_of_spans(inner),
        Node::Spans(_) | Node::Count { .. } => false,
        Node::Term(term) => match &term.test {
            Test::Exists(key) | Test::Compare { key, .. } => !key.text().starts_with("trace."),
            Test::Text(_) => true,
        },
    }
}

fn kept(q: &str, keep: impl Fn(&Node) -> bool) -> String {
    let known = search::clauses(Domain::Traces, q).unwrap_or_default();
    let kept = known.iter().filter(|(node, _)| keep(node)).filter_map(|(node, [start, end])| {
        let text = q.get(*start..*end)?;
        // Alone it needs no brackets, beside others it does.
        Some(if known.len() > 1 && matches!(node, Node::Or(_)) && !text.starts_with('(') {
            format!("({text})")
        } else {
            text.to_owned()
        })
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The words and phrases of a query that texts are searched for.
pub fn words(domain: Domain, q: &str) -> Vec<String> {
    let Ok(query) = search::parse(domain, q) else { return Vec::new() };
    let mut words = Vec::new();
    if let Some(node) = &query.node {
        collect(node, &mut words);
    }
    words
}

fn collect(node: &Node, words: &mut Vec<String>) {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| collect(part, words)),
        Node::Term(term) => {
            if let Test::Text(value) = &term.test {
                let word = value.text.trim_matches('*').to_lowercase();
                if !word.is_empty() {
                    words.push(word);
                }
            }
        }
        // What must not be there is not to be seen either.
        Node::Not(_) | Node::Spans(_) | Node::Count { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let of = |text: &str| term(Domain::Traces, "http.route", text);
        assert_eq!(of("/users/{id}"), "http.route:/users/{id}");
        assert_eq!(of("GET /users"), "http.route:\"GET /users\"");
        assert_eq!(of("a*b"), "http.route:\"a*b\"");
        assert_eq!(of("say \"hi\""), "http.route:\"say \\\"hi\\\"\"");
        assert_eq!(of(""), "http.route:\"\"");
        assert_eq!(term(Domain::Traces, "svc", "a"), "service:a");
        assert_eq!(term(Domain::Traces, "odd key", "1"), "\"odd key\":1");
        for text in ["a b", ">5", "(x", "OR", "-x", "결제 실패", "{", "x\\"] {
            assert!(search::parse(Domain::Traces, &of(text)).is_ok(), "{}", of(text));
        }
    }

    #[test]
    fn a_clause_is_added_once_and_taken_away() {
        let plus = |q: &str, clause: &str| plus(Domain::Traces, q, clause);
        assert_eq!(plus("", "service:a"), "service:a");
        assert_eq!(plus("status:error", "service:a"), "status:error service:a");
        assert_eq!(plus("status:error svc:a", "service:a"), "status:error svc:a");
        assert_eq!(plus("status:error OR status:ok", "service:a"), "(status:error OR status:ok) service:a");
        assert_eq!(toggled(Domain::Traces, "a service:x b", "service:x"), "a b");
        assert_eq!(toggled(Domain::Traces, "a b", "service:x"), "a b service:x");
        assert!(
            has(Domain::Traces, "a svc:x", "service:x") && !has(Domain::Traces, "a OR svc:x", "service:x")
        );
    }

    #[test]
    fn surroundings_are_services_and_operations() {
        assert_eq!(surroundings("service:payment status:error dur>500ms peer:bank*"), "service:payment");
        assert_eq!(
            surroundings("(service:a OR service:b) -name:health* ns:shop word"),
            "(service:a OR service:b) -name:health* ns:shop"
        );
        assert_eq!(surroundings("{ service:web } > { status:error }"), "");
    }

    #[test]
    fn whole_traces_are_left_out_of_questions_about_spans() {
        assert_eq!(of_spans("status:error trace.spans>20 word"), "status:error word");
        assert_eq!(of_spans("service:a OR service:b"), "service:a OR service:b");
        assert_eq!(of_spans("{ service:web } > { status:error }"), "");
        assert_eq!(of_spans("\"broken"), "");
        assert!(tells_spans("") && tells_spans("a OR b") && !tells_spans("trace.spans>20"));
        assert!(is_bad(Domain::Traces, "service:(") && !is_bad(Domain::Traces, ""));
    }

    #[test]
    fn words_to_mark_are_those_that_must_be_there() {
        assert_eq!(
            words(Domain::Logs, "level>=warn \"Bank adapter\" (x OR y*) -gone"),
            ["bank adapter", "x", "y"]
        );
    }
}
