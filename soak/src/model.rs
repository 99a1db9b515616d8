//! What the jobs are over, and what their aggregates give.

use ouzel::data::Draw;
use ouzel::prelude::*;
use ouzel_testkit::drawn;

/// What all streams are of.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Event {
    #[record(event_time)]
    pub at: Timestamp,
    pub who: String,
    pub n: i64,
    pub x: f64,
    pub maybe: Option<i64>,
}

/// What all tables are of, after an aggregate.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Val {
    pub n: i64,
    pub m: i64,
}

/// What does not depend on order at all.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Sums {
    pub count: u64,
    pub sum: i64,
    pub exact: f64,
    pub least: i64,
    pub greatest: f64,
}

/// What depends on canonical order.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Picks {
    pub first: i64,
    pub last: Option<i64>,
    pub by: String,
    pub list: Vec<i64>,
    pub top: Vec<f64>,
    pub whole: Event,
}

/// What grows.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Sets {
    pub distinct: u64,
    pub set: Vec<i64>,
    pub map: Vec<(i64, f64)>,
    pub per: Vec<(i64, u64)>,
    pub mean: Option<f64>,
    pub positive: u64,
    pub ties: Vec<String>,
}

/// What rows can be taken out of.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Inverted {
    pub count: u64,
    pub sum: i64,
    pub mean: Option<f64>,
    pub greatest: i64,
    pub per: Vec<(i64, u64)>,
}

/// An event with few keys and small numbers, so that nothing overflows.
pub fn event(source: &mut dyn Draw) -> Event {
    let event: Event = drawn(source);
    let who = ["a", "b", "", "é"][(event.who.len() % 4).min(3)].to_owned();
    Event { who, n: event.n % 6, maybe: event.maybe.map(|n| n % 10), ..event }
}
