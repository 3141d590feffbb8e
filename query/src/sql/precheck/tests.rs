//! Texts at and beyond each limit.

use super::*;

fn refused(sql: &str) -> String {
    precheck(sql).unwrap_err().to_string()
}

/// Guarantee: what people write passes.
#[test]
fn ordinary_queries_pass() {
    for sql in [
        "SELECT 1",
        "SELECT service, count(*) FROM spans WHERE status = 'error' AND start >= :from GROUP BY service",
        "WITH a AS (SELECT 1 AS x) SELECT CASE WHEN x > 1 THEN 'a' ELSE 'b' END FROM a",
        "SELECT * FROM spans WHERE trace_id = $id -- a comment",
    ] {
        precheck(sql).unwrap();
    }
    precheck(&format!("SELECT {}", vec!["1"; 400].join("+"))).unwrap();
    precheck(&format!("SELECT * FROM spans WHERE service IN ({})", vec!["'a'"; 2_000].join(","))).unwrap();
}

/// Guarantee: chains are refused however they are written and however they are broken up.
#[test]
fn long_chains_are_refused() {
    for joint in ["+", " AND ", " OR ", "||", "::text::", " = ", "->", " NOT IN "] {
        assert!(refused(&format!("SELECT {}", vec!["1"; 1_000].join(joint))).contains("chain"), "{joint}");
    }
    for name in ["limit", "from", "end", "when", "union"] {
        let chain = vec![name; 1_000].join(" + ");
        assert!(refused(&format!("SELECT {chain}")).contains("chain"), "{name}");
    }
    let with_cases = vec!["CASE WHEN a THEN b END"; 600].join("+");
    assert!(refused(&format!("SELECT {with_cases}")).contains("chain"));
    assert!(refused(&format!("SELECT {}1", "NOT ".repeat(1_000))).contains("chain"));
    assert!(refused(&format!("SELECT {}1", "- ".repeat(1_000))).contains("chain"));
    assert!(refused(&format!("SELECT {}'1'", "INTERVAL ".repeat(1_000))).contains("chain"));
    assert!(refused(&vec!["SELECT 1"; 1_000].join(" UNION ALL ")).contains("set operations"));
    assert!(refused(&format!("SELECT * FROM {}", vec!["a"; 1_000].join(" JOIN "))).contains("joins"));
}

/// Guarantee: size and nesting are bounded.
#[test]
fn large_and_deep_texts_are_refused() {
    assert!(refused(&format!("SELECT '{}'", "x".repeat(70_000))).contains("bytes"));
    assert!(refused(&format!("SELECT {}", vec!["1"; 4_000].join(","))).contains("tokens"));
    assert!(refused(&format!("SELECT {}1{}", "(".repeat(60), ")".repeat(60))).contains("nesting"));
    assert!(refused(&format!("SELECT {}1", "CASE WHEN ".repeat(60))).contains("nesting"));
    assert!(refused("SELECT 'open").contains("Unterminated"));
}
