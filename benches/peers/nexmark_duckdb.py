#!/usr/bin/env python3
"""nexmark_duckdb.py run QUERY LOGS OUT THREADS: one query of ../nexmark over the logs that `nexmark
generate` wrote, into files of Parquet. Prints one JSON line; seconds is from opening the logs to
having written the whole result, so that the start of Python is left out.

nexmark_duckdb.py rows LOGS: how many rows each log has.

nexmark_duckdb.py digest QUERY OUT: what the rows of a result come to, in any order: their number, a
hash of all columns but floats, and the sum of each float column.
"""

import glob
import json
import os
import sys
import time

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = ["person", "auction", "bid"]


def text(path):
    return "'" + path.replace("'", "''") + "'"


def connect(threads):
    db = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    db.execute("SET TimeZone = 'UTC'")
    return db


def run(query, logs, out, threads):
    with open(os.path.join(HERE, "..", "nexmark", f"{query}.sql")) as file:
        sql = file.read()
    db = connect(int(threads))
    start = time.perf_counter()
    for log in LOGS:
        path = text(os.path.join(logs, f"{log}.parquet"))
        # The place in the log decides ties; it is not read where it is not asked for.
        db.execute(
            f"CREATE VIEW {log} AS SELECT *, file_row_number AS line "
            f"FROM read_parquet({path}, file_row_number = true)"
        )
    path = text(os.path.join(logs, "side_input.csv"))
    db.execute(
        f"CREATE VIEW side_input AS SELECT * FROM read_csv({path}, header = true, "
        "columns = {key: 'BIGINT', value: 'VARCHAR'})"
    )
    options = "FORMAT parquet"
    if query == "q10":
        options += ", PARTITION_BY (dt, hm)"
    else:
        os.makedirs(out)
        out = os.path.join(out, "part.parquet")
    db.execute(f"COPY ({sql}) TO {text(out)} ({options})")
    seconds = time.perf_counter() - start
    return {"version": duckdb.__version__, "seconds": seconds}


def rows(logs):
    db = connect(1)
    count = lambda log: db.execute(
        f"SELECT count(*) FROM read_parquet({text(os.path.join(logs, f'{log}.parquet'))})"
    ).fetchone()[0]
    return {"side_input": 10_000, **{log: count(log) for log in LOGS}}


def digest(query, out):
    files = glob.glob(os.path.join(glob.escape(out), "**", "*.parquet"), recursive=True)
    if not files:
        return {"rows": 0}
    options = "hive_partitioning = false"
    if query == "q10":
        options = "hive_partitioning = true, hive_types = {'dt': VARCHAR, 'hm': VARCHAR}"
    source = f"read_parquet([{', '.join(map(text, files))}], {options})"
    db = connect(1)
    columns = sorted(row[:2] for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall())
    exact = [name for name, kind in columns if kind != "DOUBLE"]
    floats = [name for name, kind in columns if kind == "DOUBLE"]
    # Equal rows must not cancel out, so that hashes are added.
    sums = ["count(*)", f"sum(hash({', '.join(exact)})::HUGEINT)::VARCHAR"]
    sums += [f"fsum({name})" for name in floats]
    count, hashed, *totals = db.execute(f"SELECT {', '.join(sums)} FROM {source}").fetchone()
    kinds = [f"{name} {kind}" for name, kind in columns]
    return {"rows": count, "columns": kinds, "hash": hashed, "floats": totals}


def main():
    verbs = {"run": (run, 4), "rows": (rows, 1), "digest": (digest, 2)}
    verb, number = verbs.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if verb is None or len(sys.argv) != 2 + number:
        sys.exit(__doc__)
    print(json.dumps(verb(*sys.argv[2:])))


if __name__ == "__main__":
    main()
