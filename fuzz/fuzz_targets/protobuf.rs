//! `cargo +nightly fuzz run protobuf`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ouzel_schema::fuzz::protobuf(data));
