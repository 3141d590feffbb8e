-- The catalog, format 1. Every table is explained in docs/formats/catalog.md.

CREATE TABLE about (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    tbl TEXT NOT NULL,
    path TEXT NOT NULL,
    level INTEGER NOT NULL,
    lsn_from INTEGER NOT NULL,
    lsn_to INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    time_from INTEGER NOT NULL,
    time_to INTEGER NOT NULL,
    arrival_to INTEGER NOT NULL,
    sources TEXT NOT NULL,
    hidden TEXT
) STRICT, WITHOUT ROWID;

-- One row: records below `low` are in segments.
CREATE TABLE wal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    low INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger (
    bucket INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    signal TEXT NOT NULL,
    item TEXT NOT NULL,
    reason TEXT NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (bucket, tenant, source, signal, item, reason)
) STRICT, WITHOUT ROWID;

-- Batches of the last minutes whose log records may be gone.
CREATE TABLE batches (
    tenant BLOB NOT NULL,
    signal TEXT NOT NULL,
    hash BLOB NOT NULL,
    lsn INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, signal, hash)
) STRICT, WITHOUT ROWID;

-- Traces erased on request: rows of lower log numbers are not brought back by a replay.
CREATE TABLE erased (
    tenant TEXT NOT NULL,
    trace_id BLOB NOT NULL,
    lsn INTEGER NOT NULL,
    PRIMARY KEY (tenant, trace_id)
) STRICT, WITHOUT ROWID;

-- Segments that no longer count and whose folders may still lie there.
CREATE TABLE dropped (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
