-- The catalog, format 1. Every table is explained in docs/formats/catalog.md. The last column of a row is
-- the crc32c of the others.

CREATE TABLE about (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    crc INTEGER NOT NULL
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
    hidden TEXT,
    hidden_at INTEGER,
    crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Segments that could not be opened. What they held is counted as lost.
CREATE TABLE quarantined (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    tbl TEXT NOT NULL,
    rows INTEGER NOT NULL,
    time_from INTEGER NOT NULL,
    time_to INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: records below `low` are in segments.
CREATE TABLE wal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    low INTEGER NOT NULL,
    crc INTEGER NOT NULL
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
    crc INTEGER NOT NULL,
    PRIMARY KEY (bucket, tenant, source, signal, item, reason)
) STRICT, WITHOUT ROWID;

-- Batches of the last minutes whose log records may be gone.
CREATE TABLE batches (
    tenant BLOB NOT NULL,
    signal TEXT NOT NULL,
    hash BLOB NOT NULL,
    lsn INTEGER NOT NULL,
    at INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, signal, hash)
) STRICT, WITHOUT ROWID;

-- Traces erased on request: rows of lower log numbers are not brought back by a replay.
CREATE TABLE erased (
    tenant TEXT NOT NULL,
    trace_id BLOB NOT NULL,
    lsn INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, trace_id)
) STRICT, WITHOUT ROWID;

-- Segments that no longer count and whose folders may still lie there.
CREATE TABLE dropped (
    id TEXT PRIMARY KEY,
    crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people keep: saved views, preferences, shared addresses.
CREATE TABLE objects (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) STRICT, WITHOUT ROWID;

-- How many rows a table has, and the xor of their checksums.
CREATE TABLE seals (
    tbl TEXT PRIMARY KEY,
    rows INTEGER NOT NULL,
    crcs INTEGER NOT NULL,
    crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
