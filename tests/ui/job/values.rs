//! What stages share with the body, and what does not end where it stands.

use ouzel::prelude::*;
use std::rc::Rc;

#[derive(Record)]
struct Flight {
    carrier: String,
    delay: i64,
}

struct Limits {
    least: i64,
}

#[job]
fn counted_reference(flights: Stream<Flight>) -> Stream<Flight> {
    let least = Rc::new(15);
    flights.filter(|f| f.delay > *least)
}

#[job]
fn no_clone(flights: Stream<Flight>) -> Stream<Flight> {
    let limits = Limits { least: 15 };
    flights.filter(|f| f.delay > limits.least)
}

#[job]
fn ended_early(flights: Stream<Flight>, least: String) -> Stream<Flight> {
    let limit: i64 = least.parse()?;
    flights.filter(|f| f.delay > limit)
}

#[job]
fn no_loop(flights: Stream<Flight>) -> Stream<Flight> {
    flights.inspect(|_| break)
}

#[job]
fn moved(flights: Stream<Flight>) -> Stream<Flight> {
    let names = vec!["UA"];
    flights.inspect(|_| drop(names))
}

fn main() {}
