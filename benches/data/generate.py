#!/usr/bin/env python3
"""Makes the benchmark input files. Same arguments, same files.

    generate.py DIR [--rows N]        events.parquet   ok, key, value, time
    generate.py DIR --text-rows N     events.csv and events.jsonl, same columns
    generate.py DIR --distinct N      distinct.parquet id (all distinct), n

Each option asks for its own files; with no option, events.parquet of
20,000,000 rows is written. Needs numpy and pyarrow.
"""

import argparse
import math
import os

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

SEED = 20130101
KEYS = 10_000
START = 1_356_998_400_000_000  # 2013-01-01T00:00:00Z in microseconds
DAY = 86_400_000_000
DISORDER = 1_000_000  # a row's time is off its place by less than one second
BATCH = 1_000_000  # rows per row group

EVENTS = pa.schema(
    [
        pa.field("ok", pa.bool_(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)

KEY_NAMES = pa.array([f"key-{i:05d}" for i in range(KEYS)], pa.string())


def events(rows):
    """The rows as record batches: one batch in memory at a time."""
    rng = np.random.default_rng(SEED)
    for start in range(0, rows, BATCH):
        n = min(BATCH, rows - start)
        place = np.arange(start, start + n, dtype=np.float64)
        # Evenly spread over the day, then moved by up to half a second.
        time = (place * (DAY / rows)).astype(np.int64)
        time += rng.integers(-DISORDER // 2, DISORDER // 2, n)
        np.clip(time, 0, DAY - 1, out=time)
        key = pa.array(rng.integers(0, KEYS, n, dtype=np.int32))
        yield pa.record_batch(
            [
                pa.array(rng.random(n) < 0.5),
                KEY_NAMES.take(key),
                # Whole hundredths: exact to print, short in the text files.
                pa.array(rng.integers(0, 100_000, n) / 100.0),
                pa.array(time + START).cast(pa.timestamp("us", tz="UTC")),
            ],
            schema=EVENTS,
        )


def write_events(path, rows):
    with pq.ParquetWriter(path, EVENTS, compression="snappy") as out:
        for batch in events(rows):
            out.write_batch(batch, row_group_size=BATCH)


def text_columns(batch):
    """The batch with its time as text like 2013-01-01T00:00:00.123456Z."""
    micros = batch.column("time").cast(pa.int64()).to_numpy()
    iso = np.char.add(
        np.datetime_as_string(micros.view("datetime64[us]"), unit="us"), "Z"
    )
    return batch.set_column(
        batch.schema.get_field_index("time"), "time", pa.array(iso, pa.string())
    )


def write_text(csv_path, jsonl_path, rows):
    schema = EVENTS.set(3, pa.field("time", pa.string()))
    options = pa_csv.WriteOptions(quoting_style="none", quoting_header="none")
    with pa_csv.CSVWriter(csv_path, schema, write_options=options) as csv, open(
        jsonl_path, "w", encoding="ascii", newline="\n"
    ) as jsonl:
        for batch in events(rows):
            for start in range(0, batch.num_rows, 100_000):
                part = text_columns(batch.slice(start, 100_000))
                csv.write_batch(part.cast(schema))
                jsonl.writelines(
                    f'{{"ok":{"true" if ok else "false"},"key":"{key}",'
                    f'"value":{value!r},"time":"{time}"}}\n'
                    for ok, key, value, time in zip(
                        *(column.to_pylist() for column in part.columns)
                    )
                )


def write_distinct(path, rows):
    """id = place * step mod rows with step coprime to rows: every number from
    0 to rows - 1 exactly once, far from sorted. n = place mod 1000."""
    step = int(rows * 0.6180339887498949) | 1
    while math.gcd(step, rows) != 1:
        step += 2
    schema = pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("n", pa.int64(), nullable=False),
        ]
    )
    with pq.ParquetWriter(path, schema, compression="snappy") as out:
        for start in range(0, rows, BATCH):
            place = np.arange(start, min(start + BATCH, rows), dtype=np.int64)
            batch = pa.record_batch(
                [pa.array(place * step % rows), pa.array(place % 1000)],
                schema=schema,
            )
            out.write_batch(batch, row_group_size=BATCH)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", metavar="DIR")
    parser.add_argument("--rows", type=int, metavar="N")
    parser.add_argument("--text-rows", type=int, metavar="N")
    parser.add_argument("--distinct", type=int, metavar="N")
    args = parser.parse_args()
    if args.rows is None and args.text_rows is None and args.distinct is None:
        args.rows = 20_000_000
    for n in (args.rows, args.text_rows, args.distinct):
        if n is not None and not 0 < n < 2**31:  # place * step fits in 64 bits
            parser.error("a number of rows must be between 1 and 2147483647")

    os.makedirs(args.dir, exist_ok=True)
    made = []

    def path(name):
        made.append(os.path.join(args.dir, name))
        return made[-1]

    if args.rows is not None:
        write_events(path("events.parquet"), args.rows)
    if args.text_rows is not None:
        write_text(path("events.csv"), path("events.jsonl"), args.text_rows)
    if args.distinct is not None:
        write_distinct(path("distinct.parquet"), args.distinct)
    for name in made:
        print(f"{name}: {os.path.getsize(name):,} bytes")


if __name__ == "__main__":
    main()
