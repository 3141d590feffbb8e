"""Reads a data directory with tools that know nothing of Daymark.

read.py duckdb             answers each line of SQL on stdin
read.py pyarrow PATTERN    reads every matching file and tells what is in the columns

Prints JSON; bytes as hex.
"""

import glob
import json
import sys


def plain(value):
    return value.hex() if isinstance(value, bytes) else value


def ask_duckdb():
    import duckdb

    session = duckdb.connect()
    return [[[plain(cell) for cell in row] for row in session.execute(line).fetchall()] for line in sys.stdin]


def read_with_pyarrow(pattern):
    import pyarrow
    import pyarrow.compute as compute
    import pyarrow.parquet as parquet

    tables = [parquet.read_table(path, page_checksum_verification=True) for path in glob.glob(pattern, recursive=True)]
    rows = pyarrow.concat_tables(tables, promote_options="default")
    told = {"rows": rows.num_rows, "columns": {}}
    for name, column in zip(rows.column_names, rows.columns):
        kind = column.type
        one = {"nulls": column.null_count}
        if pyarrow.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pyarrow.types.is_timestamp(kind):
            column, kind = column.cast(pyarrow.int64()), pyarrow.int64()
        if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind):
            ends = compute.min_max(column)
            one.update(min=ends["min"].as_py(), max=ends["max"].as_py())
        if not pyarrow.types.is_nested(kind):
            one["distinct"] = compute.count_distinct(column).as_py()
        told["columns"][name] = one
    if "service" in rows.column_names:
        counts = compute.value_counts(rows.column("service").cast(pyarrow.string()))
        told["by_service"] = sorted([one["values"], one["counts"]] for one in counts.to_pylist())
    return told


if sys.argv[1] == "duckdb":
    print(json.dumps(ask_duckdb()))
else:
    print(json.dumps(read_with_pyarrow(sys.argv[2])))
