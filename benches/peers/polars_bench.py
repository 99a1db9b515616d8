#!/usr/bin/env python3
"""polars_bench.py FILE: filter, group by key and minute, count and sum.

FILE is what ../data/generate.py writes: .parquet, .csv or .jsonl. Prints one
JSON line; seconds is the best of three runs, from opening the file to the
whole result in memory.
"""

import json
import os
import resource
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "2"  # read when polars is first imported

import polars as pl  # noqa: E402

SCHEMA = {
    "ok": pl.Boolean,
    "key": pl.String,
    "value": pl.Float64,
    "time": pl.Datetime("us", "UTC"),
}


def scan(path):
    if path.endswith(".parquet"):
        return pl.scan_parquet(path)
    as_text = {**SCHEMA, "time": pl.String}
    if path.endswith(".csv"):
        lines = pl.scan_csv(path, schema=as_text)
    elif path.endswith(".jsonl"):
        lines = pl.scan_ndjson(path, schema=as_text)
    else:
        sys.exit("FILE must end in .parquet, .csv or .jsonl")
    return lines.with_columns(
        pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")
    )


def run(path):
    return (
        scan(path)
        .filter(pl.col("ok"))
        .group_by("key", pl.col("time").dt.truncate("1m").alias("minute"))
        .agg(pl.len().alias("count"), pl.col("value").sum().alias("sum"))
        .collect(engine="streaming")
    )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    best = None
    for _ in range(3):
        result = None
        start = time.perf_counter()
        result = run(sys.argv[1])
        seconds = time.perf_counter() - start
        best = seconds if best is None else min(best, seconds)
    print(
        json.dumps(
            {
                "peer": "polars",
                "version": pl.__version__,
                "seconds": round(best, 4),
                "groups": result.height,
                "count": int(result["count"].sum()),
                "sum": round(float(result["sum"].sum()), 2),
                "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
