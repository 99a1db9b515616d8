//! `cargo +nightly fuzz run jsonl`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ouzel_connectors::fuzz::jsonl(data));
