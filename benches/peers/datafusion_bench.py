#!/usr/bin/env python3
"""datafusion_bench.py FILE: filter, group by key and minute, count and sum.

FILE is what ../data/generate.py writes: .parquet, .csv or .jsonl. Prints one
JSON line; seconds is the best of three runs, from opening the file to the
whole result in memory (as Arrow record batches).
"""

import json
import os
import resource
import sys
import time

os.environ["TOKIO_WORKER_THREADS"] = "2"  # read when the runtime starts

import datafusion  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402

SCHEMA = pa.schema(
    [
        ("ok", pa.bool_()),
        ("key", pa.string()),
        ("value", pa.float64()),
        ("time", pa.timestamp("us", tz="UTC")),
    ]
)

QUERY = """
    SELECT key, date_bin(INTERVAL '1 minute', time) AS minute,
           count(*) AS count, sum(value) AS sum
    FROM events
    WHERE ok
    GROUP BY 1, 2
"""


def run(path):
    config = datafusion.SessionConfig().with_target_partitions(2)
    session = datafusion.SessionContext(config)
    if path.endswith(".parquet"):
        session.register_parquet("events", path)
    elif path.endswith(".csv"):
        session.register_csv("events", path, schema=SCHEMA)
    elif path.endswith(".jsonl"):
        session.register_json("events", path, schema=SCHEMA, file_extension=".jsonl")
    else:
        sys.exit("FILE must end in .parquet, .csv or .jsonl")
    return session.sql(QUERY).collect()


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
    # Before the checks below, which put the batches together once more.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table = pa.Table.from_batches(result)
    print(
        json.dumps(
            {
                "peer": "datafusion",
                "version": datafusion.__version__,
                "seconds": round(best, 4),
                "groups": table.num_rows,
                "count": pc.sum(table["count"]).as_py(),
                "sum": round(pc.sum(table["sum"]).as_py(), 2),
                "peak_rss_mb": round(peak, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
