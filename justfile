# What is done daily; `just` lists it.

default:
    @just --list

# Format, lints and documentation, as CI has them.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# All tests, or those with a name: `just test finals`.
test *name:
    cargo test --workspace {{name}}

# Measurements.
bench dir:
    cargo build --release -p ouzel-benches
    python3 benches/compare.py {{dir}}

# Whether batch and stream agree on the example data.
verify:
    cargo run --release -p delays -- verify --in examples/data/flights.parquet
    cargo run --release -p wordcount -- verify --in examples/data/text
    cargo run --release -p planes -- verify --in flights=examples/data/flights.parquet --in planes=examples/data/planes.parquet --since 2000
    cargo run --release -p weather -- verify --in examples/data/weather.parquet --gust 60

# Everything that CI does.
ci:
    .ci/run
