//! `#[derive(Record)]` at work, for every type of field and every attribute.

mod columns;
mod defaults;
mod keys;
mod meta;
mod names;
#[path = "../support/mod.rs"]
mod support;
mod views;
mod wire;

use ouzel_dsl::{Record, Timestamp};

/// A flight, without a derive but this one.
#[derive(Record)]
#[record(crate = ouzel_dsl)]
pub struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl, rename_all = "kebab-case")]
pub enum Payment {
    CreditCard,
    Cash,
    #[record(rename = "n/a")]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
pub struct Plane {
    model: String,
    seats: Option<u16>,
}
