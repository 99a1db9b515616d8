#!/usr/bin/env python3
"""Times the queries of the Nexmark suite beside DuckDB, in one run, and prints ratios.

    cargo build --release -p ouzel-nexmark
    pip install -r benches/peers/requirements.txt
    python3 benches/nexmark.py DIR --events 10000000

Each query runs over logs in Parquet, and writes its result as Parquet: in batch mode, as a stream, as
a stream that keeps checkpoints with --state, and as SQL in DuckDB. They take turns, each time in a
process of its own, and what counts is the best of its times. Ouzel's time is that of the whole
process; DuckDB's is taken within it, without the start of Python. Memory is the greatest that is
resident of the whole process, the state that of its folder.

Events are the rows of the logs that a query reads. The results of all four must agree: the number of
rows, a hash of all columns but floats, and the sums of floats within 1e-9.

The logs are kept in DIR, and made if they are not there. It needs room for them and for results: 5 GB
for ten million events.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NEXMARK = os.path.join(HERE, "..", "target", "release", "nexmark")
PEER = os.path.join(HERE, "peers", "nexmark_duckdb.py")

LOGS = {
    "q3": ["auction", "person"],
    "q4": ["auction", "bid"],
    "q6": ["auction", "bid"],
    "q8": ["person", "auction"],
    "q9": ["auction", "bid"],
    "q13": ["bid", "side_input"],
    "q20": ["bid", "auction"],
}
QUERIES = [f"q{n}" for n in range(23)]

BATCH, STREAM, STATE, DUCKDB = WAYS = ["batch", "stream", "stream with state", "DuckDB"]


class Failed(Exception):
    pass


def tell(*command):
    """What a command prints as JSON."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def generate(arguments):
    """The folder with the logs, which is made if it is not there."""
    logs = os.path.join(arguments.dir, f"logs-{arguments.events}-{arguments.rate}")
    if not os.path.isdir(logs):
        unfinished = logs + ".unfinished"
        command = [NEXMARK, "generate", "--events", str(arguments.events), "--rate", str(arguments.rate)]
        subprocess.run(command + ["--format", "parquet", "--out", unfinished], check=True)
        os.rename(unfinished, logs)
    return logs


def command(query, way, logs, folder, arguments):
    """What is run, to write into the folder's `out`, and keep state in its `state`."""
    out, workers = os.path.join(folder, "out"), str(arguments.workers)
    if way == DUCKDB:
        return [arguments.python, PEER, "run", query, logs, out, workers]
    command = [NEXMARK, query, "run", "--progress", "never", "--workers", workers]
    for log in LOGS.get(query, ["bid"]):
        end = "csv" if log == "side_input" else "parquet"
        command += ["--in", f"{log}={os.path.join(logs, log)}.{end}"]
    partition = "&partition_by=dt,hm" if query == "q10" else ""
    command += ["--out", f"{query}={out}/?format=parquet{partition}"]
    command += ["--mode", "batch" if way == BATCH else "stream"]
    return command + (["--state", os.path.join(folder, "state")] if way == STATE else [])


def size(folder):
    """Bytes of all files in a folder, some of which may go meanwhile."""
    total = 0
    for path, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.stat(os.path.join(path, file)).st_size
            except FileNotFoundError:
                pass
    return total


def measure(query, way, logs, folder, arguments):
    """Runs it once: seconds, peak memory and greatest state in megabytes."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    said = os.path.join(folder, "said")
    with open(said, "w+") as output:
        began = time.perf_counter()
        run = command(query, way, logs, folder, arguments)
        child = subprocess.Popen(run, stdout=output, stderr=subprocess.STDOUT)
        killer = threading.Timer(arguments.timeout, os.kill, [child.pid, signal.SIGKILL])
        killer.start()
        state, ended = 0, threading.Event()

        def watch():
            nonlocal state
            while not ended.wait(0.1):
                state = max(state, size(os.path.join(folder, "state")))

        watcher = threading.Thread(target=watch)
        if way == STATE:
            watcher.start()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        killer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        if way == STATE:
            watcher.join()
            state = max(state, size(os.path.join(folder, "state")))
        output.seek(0)
        text = output.read()
    if child.returncode != 0:
        why = "took too long" if child.returncode == -signal.SIGKILL else text.strip()
        raise Failed(f"{query} {way}: {why}")
    if way == DUCKDB:
        seconds = json.loads(text)["seconds"]
    return {"seconds": seconds, "peak_mb": usage.ru_maxrss / 1024, "state_mb": state / 1e6}


def agree(one, other):
    """Whether two digests are of the same rows."""
    if any(one.get(field) != other.get(field) for field in ["rows", "columns", "hash"]):
        return False
    close = lambda a, b: abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    return all(close(a, b) for a, b in zip(one.get("floats", []), other.get("floats", [])))


def bench(query, logs, arguments):
    """The best of each way, with the digest of its first result, and what went wrong."""
    best, faults = {}, []
    for turn in range(arguments.rounds):
        for way in WAYS:
            if turn > 0 and way not in best:
                continue
            folder = os.path.join(arguments.dir, "run")
            try:
                got = measure(query, way, logs, folder, arguments)
            except Failed as failed:
                faults.append(str(failed))
                best.pop(way, None)
                continue
            if turn == 0:
                got["digest"] = tell(arguments.python, PEER, "digest", query, os.path.join(folder, "out"))
            held = best.setdefault(way, got)
            for field in ["seconds", "peak_mb", "state_mb"]:
                held[field] = (min if field == "seconds" else max)(held[field], got[field])
            shutil.rmtree(folder)
    for way in best:
        first = next(iter(best))
        if not agree(best[first]["digest"], best[way]["digest"]):
            faults.append(f"{query} {way} differs from {first}: {best[way]['digest']}, {best[first]['digest']}")
    return best, faults


TITLES = ["query", "events", "batch", "stream", "state", "batch s", "DuckDB s", "ratio", "batch", "stream", "DuckDB", "state"]
WIDTHS = [6, 11, 10, 10, 10, 9, 9, 7, 8, 8, 8, 9]


def line(cells):
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS))


def row(query, events, best):
    get = lambda way, field: best.get(way, {}).get(field)
    show = lambda value, form: "-" if value is None else format(value, form)
    rate = lambda way: show(get(way, "seconds") and events / get(way, "seconds"), ",.0f")
    batch, duckdb = get(BATCH, "seconds"), get(DUCKDB, "seconds")
    cells = [query, format(events, ","), *map(rate, [BATCH, STREAM, STATE])]
    cells += [show(batch, ".2f"), show(duckdb, ".2f"), show(batch and duckdb and batch / duckdb, ".2f")]
    cells += [show(get(way, "peak_mb"), ",.0f") for way in [BATCH, STREAM, DUCKDB]]
    return cells + [show(get(STATE, "state_mb"), ",.1f")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", help="for logs, results and state")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=10_000, help="events in a second of their own time")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="threads of each program")
    parser.add_argument("--queries", default=",".join(QUERIES), help="those to run, as in q0,q4")
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a run is given up")
    parser.add_argument("--json", help="a file for what was measured")
    parser.add_argument("--python", default=sys.executable, help="a Python that has the peers")
    arguments = parser.parse_args()
    os.makedirs(arguments.dir, exist_ok=True)
    logs = generate(arguments)
    rows = tell(arguments.python, PEER, "rows", logs)
    print(line(["", "", "events/s", "", "", "", "", "batch to", "peak MB", "", "", "MB"]))
    print(line(TITLES), flush=True)
    measured, faults = {}, []
    for query in arguments.queries.split(","):
        events = sum(rows[log] for log in LOGS.get(query, ["bid"]))
        best, wrong = bench(query, logs, arguments)
        measured[query] = {"events": events, **best}
        print(line(row(query, events, best)), flush=True)
        for fault in wrong:
            print(f"  {fault}", flush=True)
        faults += wrong
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(measured, file, indent=2)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
