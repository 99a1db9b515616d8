#!/usr/bin/env python3
"""Times Ouzel beside its peers, in one run, and prints ratios.

    cargo build --release -p ouzel-benches
    pip install -r benches/peers/requirements.txt
    python3 benches/data/generate.py DIR --rows 20000000 --text-rows 2000000 --distinct 50000000
    python3 benches/compare.py DIR

Every program runs as often as the others, in turn, each time in a process of its own; what counts
is the best of its times. Peers and Ouzel hold their whole result in memory, on two threads.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUZEL = os.path.join(HERE, "..", "target", "release", "ouzel-benches")
PEERS = ["polars", "duckdb", "datafusion"]


def measure(command):
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    return json.loads(line)


def compare(title, commands, rounds):
    best = {}
    for _ in range(rounds):
        for command in commands:
            got = measure(command)
            name = got["peer"] + (" with hooks" if "hooks=on" in command else "")
            held = best.setdefault(name, got)
            if got["seconds"] < held["seconds"]:
                best[name] = got
    peers = [b["seconds"] for n, b in best.items() if not n.startswith("ouzel")]
    fastest = min(peers) if peers else None
    answers = {(b["groups"], b["count"], round(b["sum"], 1)) for b in best.values()}
    print(f"\n{title}" + ("" if len(answers) == 1 else f"  THE ANSWERS DIFFER: {answers}"))
    print(f"  {'':<26}{'seconds':>9}{'to fastest peer':>17}{'peak MB':>9}")
    for name, b in sorted(best.items(), key=lambda item: item[1]["seconds"]):
        ratio = f"{b['seconds'] / fastest:.2f}" if fastest else ""
        print(f"  {name + ' ' + b['version']:<26}{b['seconds']:>9.3f}{ratio:>17}{b['peak_rss_mb']:>9.0f}")
    return len(answers) == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", help="where generate.py wrote its files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="a Python that has the peers")
    arguments = parser.parse_args()
    good = True
    for name, title in [
        ("events.parquet", "20 million rows of Parquet"),
        ("events.csv", "2 million rows of CSV"),
        ("events.jsonl", "2 million rows of JSON lines"),
    ]:
        file = os.path.join(arguments.dir, name)
        if not os.path.exists(file):
            print(f"{file} is missing: see generate.py --help", file=sys.stderr)
            continue
        commands = [[OUZEL, file, "batch"], [OUZEL, file, "stream"], [OUZEL, file, "batch", "hooks=on"]]
        commands += [[arguments.python, os.path.join(HERE, "peers", f"{p}_bench.py"), file] for p in PEERS]
        good &= compare(title, commands, arguments.rounds)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
