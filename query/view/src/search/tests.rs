//! What texts mean, what is said of texts that mean nothing, and that printing loses nothing.

use proptest::prelude::*;

use super::{Completion, Domain, Field, Key, Level, Node, Op, Query, Relation, Spans, Term, Test, Value};
use super::{complete, condition, parse};

fn read(text: &str) -> Query {
    parse(Domain::Traces, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A text as it prints.
fn shown(text: &str) -> String {
    read(text).to_string()
}

#[test]
fn everything_is_asked_for_by_nothing() {
    assert_eq!(read("  "), Query::default());
    assert_eq!(shown(" "), "");
}

#[test]
fn terms_are_and_or_binds_less() {
    assert_eq!(shown("a b OR c -d"), "(a b) OR (c -d)");
    assert_eq!(shown("a AND (b OR c) AND NOT d"), "a (b OR c) -d");
    assert_eq!(shown("((a (b c)))"), "a b c");
    assert_eq!(shown("-(a OR b)"), "-(a OR b)");
}

#[test]
fn keys_have_aliases_and_levels() {
    let keys = |text: &str| read(text).keys().into_iter().map(Key::text).collect::<Vec<_>>();
    assert_eq!(
        keys("svc:a op:b dur>1s ns:x trace:0af7651916cd43dd8448eb211c80319c"),
        ["service", "name", "duration", "namespace", "trace_id"]
    );
    assert_eq!(
        keys("http.route=/x resource.k8s.pod.name:y event.exception.type:z"),
        ["http.route", "resource.k8s.pod.name", "event.exception.type"]
    );
    let level = Key::Attribute { level: Level::Resource, name: "service.name".into() };
    assert_eq!(read("resource.service.name=a").keys(), [&level]);
    // Of logs alone; among traces it is an attribute.
    assert_eq!(Key::of(Domain::Logs, "level"), Key::Field(Field::Severity));
    assert_eq!(Key::of(Domain::Traces, "level"), Key::Attribute { level: Level::Any, name: "level".into() });
    assert_eq!(Key::of(Domain::Logs, "body.user.id").text(), "body.user.id");
}

#[test]
fn every_field_is_found_by_its_name() {
    for domain in [Domain::Traces, Domain::Logs, Domain::InTrace, Domain::Map, Domain::Metrics] {
        for field in Field::all(domain) {
            assert_eq!(Key::of(domain, field.name()), Key::Field(field));
        }
    }
}

#[test]
fn series_are_found_by_keys_alone() {
    let error = parse(Domain::Metrics, "env:prod slow").expect_err("a word");
    assert_eq!((error.place, error.hint.is_some()), ([9, 13], true));
    let keys = parse(Domain::Metrics, "svc:cart scope.team:blue name:x").expect("keys");
    let keys: Vec<String> = keys.keys().into_iter().map(Key::text).collect();
    assert_eq!(keys, ["service", "scope.team", "name"]);
}

#[test]
fn routes_and_addresses_need_no_quotes() {
    let Some(Node::Term(Term { test: Test::Compare { value, .. }, place })) =
        read("http.route:/users/{id}").node
    else {
        panic!("one comparison");
    };
    assert_eq!((value, place), (Value::bare("/users/{id}"), [0, 22]));
    assert_eq!(shown("(name:get())"), "name:get()");
    let Some(Node::Term(Term { test: Test::Text(word), .. })) = read("http://shop/a?b=1").node else {
        panic!("one word");
    };
    assert_eq!(word.text, "http://shop/a?b=1");
    assert!(matches!(read("10:30").node, Some(Node::Term(Term { test: Test::Text(_), .. }))));
}

#[test]
fn quotes_hold_anything() {
    let text = r#""say \"hi\" to c:\dir" "odd key"="x y""#;
    let Some(Node::And(parts)) = read(text).node else { panic!("two terms") };
    let Node::Term(Term { test: Test::Text(phrase), .. }) = &parts[0] else { panic!("a phrase") };
    assert_eq!(*phrase, Value::quoted(r#"say "hi" to c:\dir"#));
    assert_eq!(parts[1].to_string(), r#""odd key"="x y""#);
}

#[test]
fn a_list_of_values_is_several_comparisons() {
    assert_eq!(shown(r#"service:(cart OR "pay ment")"#), r#"service:cart OR service:"pay ment""#);
    assert_eq!(shown("env!=(a OR b) x"), "env!=a env!=b x");
}

#[test]
fn values_have_units() {
    let number = |text: &str| Value::bare(text).number();
    assert_eq!(number("5%"), Some(0.05));
    assert_eq!(number("4KiB"), Some(4096.0));
    assert_eq!(number("-1.5"), Some(-1.5));
    assert_eq!(number("inf"), None);
    assert_eq!(number("5x"), None);
    assert_eq!(Value::quoted("5").number(), None);
    assert_eq!(Value::bare("500ms").duration(), Some(500_000_000));
    assert!(Value::bare("a*").is_pattern() && !Value::quoted("a*").is_pattern());
}

#[test]
fn spans_stand_in_relation() {
    let text = "{ service:web } >> { status:error } !> {} count({ kind:client }) >= 3";
    let Some(Node::And(parts)) = read(text).node else { panic!("two parts") };
    let Node::Spans(Spans::Related { relation, is_absent, left, .. }) = &parts[0] else { panic!("related") };
    assert_eq!((*relation, *is_absent), (Relation::Child, true));
    assert!(matches!(**left, Spans::Related { relation: Relation::Descendant, is_absent: false, .. }));
    assert!(matches!(parts[1], Node::Count { op: Op::AtLeast, .. }));
    assert_eq!(shown(text), text);
    assert_eq!(shown("{a}<<{b}~{c}"), "{ a } << { b } ~ { c }");
}

#[test]
fn flags_stand_alone_where_they_are_flags() {
    let shown = |text: &str| parse(Domain::Map, text).unwrap_or_else(|error| panic!("{error}")).to_string();
    assert_eq!(shown("-mtls err>5% p95>500ms breaker:open"), "-mtls:true err>5% p95>500ms breaker:open");
    assert_eq!(self::shown("mtls"), "mtls");
}

#[test]
fn errors_say_where_and_what_instead() {
    let cases: [(Domain, &str, [usize; 2], &str, &str); 29] = [
        (Domain::Traces, "duration>5x", [9, 11], "\"5x\" is not a duration", "units"),
        (Domain::Traces, "status:eror", [7, 11], "no such value", "did you mean error?"),
        (Domain::Traces, "kind:zzz", [5, 8], "no such value", "one of unspecified"),
        (Domain::Logs, "level>=wran", [7, 11], "no such value", "did you mean warn?"),
        (Domain::Traces, "service>a", [8, 9], "no text is above", "use"),
        (Domain::Traces, "status>error", [7, 12], "in no order", "use"),
        (Domain::Traces, "trace_id:xyz", [9, 12], "not an id", "hex"),
        (Domain::Traces, "servce>5 durtion>x", [17, 18], "not a number", "did you mean duration?"),
        (Domain::Traces, "(a b", [0, 1], "nothing closes", ""),
        (Domain::Traces, "a b)", [3, 4], "nothing opened", "quotes"),
        (Domain::Traces, "\"a b", [0, 4], "nothing closes", ""),
        (Domain::Traces, "a: b", [2, 3], "a value after a:", "no space"),
        (Domain::Traces, "a:", [2, 2], "a value after a:", ""),
        (Domain::Traces, "a OR", [4, 4], "a term", ""),
        (Domain::Traces, "OR a", [0, 1], "a term before", "quotes"),
        (Domain::Traces, "- a", [1, 2], "a term to exclude", ""),
        (Domain::Traces, "a==b", [1, 3], "==", "write ="),
        (Domain::Traces, "a~(b OR c)", [0, 3], "one value", ""),
        (Domain::Logs, "{ a } > { b }", [0, 1], "among traces", ""),
        (Domain::Traces, "{ a } > b", [8, 9], "{ spans } after >", ""),
        (Domain::Traces, "count({a})", [10, 11], "comparison of the count", "such as"),
        (Domain::Traces, "\"\"", [0, 2], "without words", ""),
        (Domain::Traces, "status = error", [7, 8], "= stands alone", "status=error"),
        (Domain::Logs, "took >= 5", [5, 7], ">= stands alone", "quotes"),
        (Domain::Traces, "a && b", [2, 4], "&& stands alone", "leave it out"),
        (Domain::Traces, "status:error and duration>1s", [13, 16], "no word to look for", "write AND"),
        (Domain::Logs, "level:error or level:warn", [12, 14], "no word to look for", "quotes"),
        (Domain::Traces, "service=~\"pay.*\"", [7, 9], "=~ is no comparison", "write ~"),
        (Domain::Traces, "a || b", [2, 4], "|| stands alone", "write OR"),
    ];
    for (domain, text, place, detail, hint) in cases {
        let error = parse(domain, text).expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
        assert!(error.detail.contains(detail), "{text}: {error}");
        assert!(error.hint.unwrap_or_default().contains(hint), "{text}");
    }
}

#[test]
fn deep_and_long_texts_are_refused() {
    assert!(parse(Domain::Traces, &"(".repeat(10_000)).is_err());
    assert!(parse(Domain::Traces, &"-".repeat(10_000)).is_err());
    assert!(parse(Domain::Traces, &"a ".repeat(1_000)).is_err());
    assert!(parse(Domain::Traces, &"a".repeat(100_000)).is_err());
}

#[test]
fn what_one_row_can_tell_is_sql() {
    let cases = [
        ("service:Pay status:ERROR", "(lower(service) = 'pay' AND status = 'error')"),
        ("name:GET*_x", "lower(name) LIKE 'get%\\_x'"),
        ("name=\"it's\"", "name = 'it''s'"),
        ("-env:prod", "(lower(env) = 'prod') IS NOT TRUE"),
        ("env!=prod", "env IS DISTINCT FROM 'prod'"),
        ("duration>=1.5s", "duration_ns >= 1500000000"),
        ("trace:4bf92f3577b34da6", "trace_id = trace_id('4bf92f3577b34da6')"),
        ("code=500", "attr('code') IN ('500', '500.0')"),
        ("code=\"500\"", "attr('code') = '500'"),
        ("size>4KiB", "attr_num('size') > 4096"),
        ("resource.pod~^a", "regexp_like(attr('resource.pod'), '^a')"),
        ("exists(user.id)", "attr('user.id') IS NOT NULL"),
    ];
    for (text, expected) in cases {
        let sql = read(text).node.and_then(|node| condition(Domain::Traces, &node));
        assert_eq!(sql.as_deref(), Some(expected), "{text}");
    }
    for text in ["trace.spans>5", "{a} > {b}", "count({a})>1", "a OR trace.errors>1"] {
        assert_eq!(read(text).node.and_then(|node| condition(Domain::Traces, &node)), None, "{text}");
    }
}

#[test]
fn lines_are_asked_by_severity_and_words() {
    let cases = [
        ("level>=warn", "severity_number >= 13"),
        ("level>warn", "severity_number > 16"),
        ("level<info", "severity_number BETWEEN 1 AND 8"),
        ("level:warn", "severity = 'warn'"),
        ("level=17", "severity_number = 17"),
        ("refused", "matches(body, 'refused')"),
        ("\"no route\"", "matches(body, '\"no route\"')"),
        ("body.user.id=x", "attr(body, 'user.id') = 'x'"),
    ];
    for (text, expected) in cases {
        let query = parse(Domain::Logs, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let sql = query.node.and_then(|node| condition(Domain::Logs, &node));
        assert_eq!(sql.as_deref(), Some(expected), "{text}");
    }
}

fn at(text: &str) -> Completion {
    let caret = text.find('|').unwrap_or(text.len());
    complete(Domain::Traces, &text.replace('|', ""), caret)
}

#[test]
fn the_caret_is_offered_keys() {
    let found = at("status:error ser|");
    assert_eq!((found.place, found.typed.as_str()), ([13, 16], "ser"));
    assert_eq!(found.keys, ["service"]);
    assert!(at("").keys.contains(&"duration"));
    assert_eq!(at("{ a } > { tra|").keys[0], "trace_id");
    assert!(at("duration|").ops.contains(&">="));
    assert!(!at("service|").ops.contains(&">="));
}

#[test]
fn the_caret_is_offered_values() {
    let found = at("kind:cl| x");
    assert_eq!((found.place, found.values.as_slice()), ([5, 7], &["client"][..]));
    assert_eq!(at("status:").values, ["unset", "ok", "error"]);
    let found = at("-(service:\"pay m");
    assert_eq!((found.typed.as_str(), found.value_of), ("pay m", Some(Key::Field(Field::Service))));
    assert_eq!(at("env:(prod OR st|").typed, "st");
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z0-9*./{}()=:<>~!-]{1,8}".prop_map(Value::bare),
        "[a-z \"\\\\(){}:]{1,8}".prop_map(Value::quoted),
    ]
}

fn terms() -> impl Strategy<Value = Node> {
    let key = prop_oneof![
        Just(Key::Field(Field::Service)),
        Just(Key::Field(Field::TraceRootName)),
        "[a-z][a-z. \"\\\\]{0,6}[a-z]".prop_map(|name| Key::of(Domain::Traces, &name)),
    ];
    let op =
        prop_oneof![Just(Op::Like), Just(Op::Is), Just(Op::IsNot), Just(Op::Matches), Just(Op::MatchesNot)];
    let test = prop_oneof![
        key.clone().prop_map(Test::Exists),
        (key, op, values()).prop_map(|(key, op, value)| Test::Compare { key, op, value }),
        values().prop_map(Test::Text),
    ];
    test.prop_map(|test| Node::Term(Term { test, place: [0, 0] }))
}

fn nodes() -> impl Strategy<Value = Node> {
    terms().prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        let spans = inner.clone().prop_map(|node| Spans::Of(Some(Box::new(node))));
        let relation = prop::sample::select(&Relation::ALL[..]);
        prop_oneof![
            parts().prop_map(Node::And),
            parts().prop_map(Node::Or),
            inner.clone().prop_map(|node| Node::Not(Box::new(node))),
            (spans.clone(), relation, any::<bool>(), spans).prop_map(|(left, relation, is_absent, right)| {
                let (left, right) = (Box::new(left), Box::new(right));
                Node::Spans(Spans::Related { left, relation, is_absent, right })
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(node in nodes()) {
        let first = node.to_string();
        let read = parse(Domain::Traces, &first).map_err(|error| TestCaseError::fail(format!("{first}: {error}")))?;
        // Lists in lists are one list, so the first reading may print shorter; from then on nothing changes.
        let second = read.to_string();
        let again = parse(Domain::Traces, &second).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.to_string(), second);
        prop_assert_eq!(again.terms().len(), leaves(&node));
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}", caret in 0_usize..80) {
        for domain in [Domain::Traces, Domain::Logs, Domain::InTrace, Domain::Map, Domain::Metrics] {
            match parse(domain, &text) {
                Ok(query) => {
                    let shown = query.to_string();
                    prop_assert_eq!(parse(domain, &shown).map(|query| query.to_string()), Ok(shown));
                }
                Err(error) => {
                    let [from, to] = error.place;
                    prop_assert!(from <= to && text.is_char_boundary(from), "{} {:?}", text, error);
                }
            }
            complete(domain, &text, caret);
        }
    }

    #[test]
    fn no_pile_of_signs_is_too_odd(text in "[(){}\"\\\\:=!<>~a -]{0,40}", caret in 0_usize..40) {
        if let Ok(query) = parse(Domain::Traces, &text) {
            let shown = query.to_string();
            prop_assert_eq!(parse(Domain::Traces, &shown).map(|query| query.to_string()), Ok(shown));
        }
        complete(Domain::Traces, &text, caret);
    }
}

fn leaves(node: &Node) -> usize {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().map(leaves).sum(),
        Node::Not(inner) => leaves(inner),
        Node::Term(_) => 1,
        Node::Spans(spans) | Node::Count { of: spans, .. } => leaves_of(spans),
    }
}

fn leaves_of(spans: &Spans) -> usize {
    match spans {
        Spans::Of(node) => node.as_deref().map_or(0, leaves),
        Spans::Related { left, right, .. } => leaves_of(left) + leaves_of(right),
    }
}
