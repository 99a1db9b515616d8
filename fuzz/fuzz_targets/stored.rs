//! `cargo +nightly fuzz run stored`
#![no_main]

use ouzel_dsl::{Bytes, Date, Decimal, Record, Timestamp};

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Kind {
    One,
    Two,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Leg {
    gate: Option<i8>,
    kind: Kind,
    names: Vec<String>,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Trip {
    id: u64,
    ok: Option<bool>,
    paid: Decimal<4>,
    note: Option<String>,
    raw: Bytes,
    begun: Timestamp,
    day: Date,
    speeds: (f32, Option<f64>),
    legs: Vec<Leg>,
    deep: Option<Vec<Option<Vec<Option<Leg>>>>>,
    units: Vec<()>,
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| ouzel_dsl::fuzz::stored::<Trip>(data));
