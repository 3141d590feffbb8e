"""Writes the rows of one settled segment of spans in other orders, and tells what each costs.

    pip install pyarrow numpy
    python benches/layout.py <segment folder>/data.parquet

For each order: bytes a row with the encodings of the file and zstd 3; bytes a row of a trace index with
9.25 bytes for each run of rows of one trace; blocks of 4,096 rows that hold a trace of 12 to 20 spans; blocks
of an operation that may hold one of its newest 20 spans.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BLOCK, GROUP, RUN_BYTES = 4096, 262_144, 9.25


def ranks(table, column):
    values = table[column].combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    elif pa.types.is_fixed_size_binary(values.type):
        values = values.cast(pa.binary())
    return pc.rank(values, tiebreaker="dense").to_numpy().astype(np.int64)


def encodings(metadata):
    found = {}
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            found.setdefault(column.path_in_schema, set()).update(column.encodings)
    having = lambda word: [path for path, names in found.items() if any(word in name for name in names)]
    return having("DICTIONARY"), having("BYTE_STREAM_SPLIT")


def written(table, dictionaries, split):
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", compression_level=3, row_group_size=GROUP,
                   use_dictionary=dictionaries, use_byte_stream_split=split or False, store_schema=False)
    return out.getvalue().size


def main(path):
    file = pq.ParquetFile(path)
    table = file.read()
    rows = table.num_rows
    dictionaries, split = encodings(file.metadata)
    start = table["start"].combine_chunks().cast(pa.int64()).to_numpy()
    trace, service, name = (ranks(table, column) for column in ("trace_id", "service", "name"))
    operation = service * (name.max() + 1) + name
    sizes = np.bincount(trace)
    asked = np.random.default_rng(1).choice(np.where((sizes >= 12) & (sizes <= 20))[0], 300)
    operations, counts = np.unique(operation, return_counts=True)
    common = operations[np.argsort(-counts)[:50]]
    orders = {
        "trace start, trace, start": np.arange(rows),
        "start": np.lexsort((start,)),
        "trace id, start": np.lexsort((start, trace)),
        "service, name, start": np.lexsort((start, name, service)),
    }
    for title, order in orders.items():
        runs = 1 + int((np.diff(trace[order]) != 0).sum())
        block = np.empty(rows, np.int64)
        block[order] = np.arange(rows) // BLOCK
        spread = np.unique(np.stack([trace, block], 1)[np.isin(trace, asked)], axis=0)
        newest = np.zeros(block.max() + 1, np.int64)
        np.maximum.at(newest, block, start)
        read = []
        for one in common:
            mine = np.where(operation == one)[0]
            bound = np.sort(start[mine])[-20:][0]
            read.append((newest[np.unique(block[mine])] >= bound).sum())
        print(f"{title:27} rows {written(table.take(order), dictionaries, split) / rows:5.2f} B, "
              f"index {runs * RUN_BYTES / rows:4.2f} B, blocks of a trace {len(spread) / len(set(asked)):4.1f}, "
              f"blocks of the newest 20 {np.median(read):3.0f} of {block.max() + 1}")


if __name__ == "__main__":
    main(sys.argv[1])
