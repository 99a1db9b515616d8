#!/usr/bin/env python3
"""duckdb_bench.py FILE: filter, group by key and minute, count and sum.

FILE is what ../data/generate.py writes: .parquet, .csv or .jsonl. Prints one
JSON line; seconds is the best of three runs, from opening the file to the
whole result in memory (as a table of DuckDB's own).
"""

import json
import resource
import sys
import time

import duckdb

COLUMNS = "{ok: 'BOOLEAN', key: 'VARCHAR', value: 'DOUBLE', time: 'TIMESTAMPTZ'}"


def source(path):
    name = "'" + path.replace("'", "''") + "'"
    if path.endswith(".parquet"):
        return f"read_parquet({name})"
    if path.endswith(".csv"):
        return f"read_csv({name}, header = true, columns = {COLUMNS})"
    if path.endswith(".jsonl"):
        return f"read_json({name}, format = 'newline_delimited', columns = {COLUMNS})"
    sys.exit("FILE must end in .parquet, .csv or .jsonl")


def run(db, path):
    # time_bucket works on the instant: no calendar, no time zone tables.
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE result AS
        SELECT key, time_bucket(INTERVAL 1 MINUTE, time::TIMESTAMP) AS minute,
               count(*) AS count, sum(value) AS sum
        FROM {source(path)}
        WHERE ok
        GROUP BY ALL
        """
    )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    db = duckdb.connect(
        config={"threads": 2, "preserve_insertion_order": False}
    )
    db.execute("SET TimeZone = 'UTC'")
    best = None
    for _ in range(3):
        db.execute("DROP TABLE IF EXISTS result")
        start = time.perf_counter()
        run(db, sys.argv[1])
        seconds = time.perf_counter() - start
        best = seconds if best is None else min(best, seconds)
    groups, count, total = db.execute(
        "SELECT count(*), sum(count), sum(sum) FROM result"
    ).fetchone()
    print(
        json.dumps(
            {
                "peer": "duckdb",
                "version": duckdb.__version__,
                "seconds": round(best, 4),
                "groups": groups,
                "count": int(count),
                "sum": round(total, 2),
                "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
