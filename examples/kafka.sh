#!/usr/bin/env bash
# Two processes share a job over Kafka; one is killed in the midst of it, and nothing is lost or counted
# twice. Needs what the feature `kafka` is built with, and for a broker of its own Java 17 and Maven;
# KAFKA_BROKERS=HOST:PORT names one that runs already.
#
#   examples/kafka.sh                 the 336,776 flights of a year, in about a minute
#   SPEED=100000 examples/kafka.sh    slower: the year in five minutes
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

here=$(mktemp -d)
children=()
# Whatever happens: what was started here ends here.
clean() {
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$here"
}
trap clean EXIT

say "Build the job with Kafka"
profile=${OUZEL_PROFILE:-release}
cargo build --quiet --profile "$profile" -p delays --features delays/kafka -p replay -p ouzel-kafka-broker
folder=$profile
if [[ $profile == dev ]]; then folder=debug; fi
# Copies, so that a build without Kafka, meanwhile, is not taken in their place.
bin=$here/bin
mkdir "$bin"
cp "${CARGO_TARGET_DIR:-target}/$folder"/{delays,replay,settled,ouzel-broker} "$bin"

if [[ -n ${KAFKA_BROKERS:-} ]]; then
    brokers=$KAFKA_BROKERS
    say "Kafka runs at $brokers"
else
    say "Start a broker; the first time, it is fetched"
    "$bin/ouzel-broker" --port 0 >"$here/broker" 2>"$here/broker.err" &
    children+=($!)
    until brokers=$(sed -n 's/^bootstrap.servers *//p' "$here/broker") && [[ -n $brokers ]]; do
        kill -0 "${children[0]}" 2>/dev/null || { cat "$here/broker.err" >&2; exit 1; }
        sleep 0.2
    done
    echo "it answers at $brokers"
fi

# Names that nothing else has, so that it can be run again and again.
id=example-$$
flights=kafka://$brokers/$id-flights
delays=kafka://$brokers/$id-delays
ends=(--in "$flights" --out "$delays?partitions=4")
group=(--group "$id")

say "Play the flights of 2013 into a topic of four partitions, many times as fast as they were"
"$bin/replay" --to "$flights" --partitions 4 --speed "${SPEED:-1500000}" 2>"$here/replay" &
replay=$!
children+=("$replay")
until "$bin/delays" topics "${ends[@]}" --format json | grep -q '"partitions": 4'; do sleep 0.2; done

say "What the job needs of Kafka, before anything runs"
"$bin/delays" topics "${ends[@]}" "${group[@]}"
"$bin/delays" topics "${ends[@]}" "${group[@]}" --create

say "Two processes share it: partitions of the topic, and shards of the table"
start() { # NAME
    "$bin/delays" run "${ends[@]}" "${group[@]}" --instance "$1" --progress never 2>"$here/$1" &
    children+=($!)
}
start one
one=$!
start two
two=$!
shared() { "$bin/delays" group "${ends[@]}" "${group[@]}" "$@"; }
alive() { kill -0 "$one" && kill -0 "$two" || { cat "$here/one" "$here/two" >&2; exit 1; }; }
# Until each has something, and has come some way with it.
busy() {
    shared --format json | grep -A3 '"committed": [1-9]' | grep -q '"member": "'"$1"'"'
}
until busy one && busy two; do alive; sleep 0.5; done
shared

say "kill -9 one of them, while flights come in"
{ kill -9 "$two" && wait "$two"; } 2>/dev/null || true
sleep 3
start two
two=$!
echo "and start it again: by its name it gets back what it had"

say "Wait until all flights have come, and the group has read them"
wait "$replay" || { cat "$here/replay" >&2; exit 1; }
until shared --format json | grep -q '^  "lag": 0,'; do alive; sleep 0.5; done
shared
# SIGTERM: they commit, and end.
kill "$one" "$two"
wait "$one" "$two" || { cat "$here/one" "$here/two" >&2; exit 1; }

say "The same job over the same topic as batch, and what the topic of the table has for each key"
"$bin/delays" run --mode batch --in "$flights" --out - --progress never | LC_ALL=C sort >"$here/batch"
"$bin/settled" "$delays" | LC_ALL=C sort >"$here/stream"
wc -l <"$here/batch" | sed 's/$/ rows as batch/'
wc -l <"$here/stream" | sed 's/$/ rows in the topic/'
cmp "$here/batch" "$here/stream"
head -n 1 "$here/stream"
echo "they are equal, to the bit"

say "Take away what was made, but for the flights"
# Those who have a name are expected back for ten seconds.
until "$bin/delays" reset "${ends[@]}" "${group[@]}" 2>"$here/reset"; do
    grep -q "that run" "$here/reset" || { cat "$here/reset" >&2; exit 1; }
    sleep 1
done
"$bin/delays" topics "${ends[@]}" --delete --outputs
