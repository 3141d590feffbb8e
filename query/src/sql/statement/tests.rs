//! What may be run, and what may not.

use super::*;

/// Guarantee: reading statements pass.
#[test]
fn reads_pass() {
    for sql in [
        "SELECT 1",
        "select * from spans;",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN SELECT * FROM spans",
        "EXPLAIN ANALYZE SELECT * FROM spans",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1), (2)",
    ] {
        parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Guarantee: nothing that writes, sets, or names files gets as far as planning.
#[test]
fn everything_else_is_refused() {
    for sql in [
        "",
        ";",
        "-- only a comment",
        "SELECT 1; SELECT 2",
        "DROP TABLE spans",
        "DELETE FROM spans",
        "UPDATE spans SET name = 'x'",
        "INSERT INTO spans SELECT * FROM spans",
        "WITH a AS (DELETE FROM spans) SELECT 1",
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "COPY spans TO '/tmp/x.parquet'",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "SHOW TABLES",
        "SHOW ALL",
        "DESCRIBE spans",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "COMMIT",
        "SELECT * INTO x FROM spans",
        "EXPLAIN DROP TABLE spans",
        "EXPLAIN EXPLAIN SELECT 1",
        "EXPLAIN COPY spans TO '/tmp/x'",
        "TRUNCATE spans",
        "ALTER TABLE spans ADD COLUMN x INT",
        "GRANT ALL ON spans TO me",
        "MERGE INTO spans USING logs ON true WHEN MATCHED THEN DELETE",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "USE x",
        "ANALYZE spans",
        "VACUUM",
        "LOAD DATA INPATH 'x' INTO TABLE spans",
        "SELECT /*! nested /* comment */ */ 1; DROP TABLE spans",
    ] {
        assert!(parse(sql).is_err(), "{sql}");
    }
}

/// Guarantee: WITH parts that double each other are refused instead of planned 2^n times.
#[test]
fn exploding_with_parts_are_refused() {
    let mut parts = vec!["a0 AS (SELECT 1 AS x)".to_owned()];
    parts.extend((1..30).map(|n| format!("a{n} AS (SELECT l.x FROM a{0} l, a{0} r)", n - 1)));
    let sql = format!("WITH {} SELECT count(*) FROM a29", parts.join(", "));
    assert!(parse(&sql).unwrap_err().to_string().contains("tables"));
}
