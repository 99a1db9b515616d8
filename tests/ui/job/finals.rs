//! Final rows of what has none.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[job]
fn of_no_windows(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    orders.key_by(|o| o.item).aggregate(count()).finals()
}

#[job]
fn of_no_lateness(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    orders.key_by(|o| o.item).window(tumbling(hours(1))).aggregate(count()).finals()
}

#[job]
fn of_sessions_without_a_lateness(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    orders.key_by(|o| o.item).window(session(minutes(5))).aggregate(count()).finals()
}

#[job]
fn after_a_filter(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    hourly.aggregate(count()).filter(|(_, n)| *n > 3).finals()
}

#[job]
fn after_a_map(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    hourly.aggregate(count()).map(|(_, n)| *n * 2).finals()
}

#[job]
fn of_joined_tables(orders: Stream<Order>) -> Stream<Final<i64, (u64, u64)>> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    let counts = hourly.aggregate(count());
    counts.join(counts).finals()
}

#[job]
fn of_groups(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    hourly.aggregate(count()).group_by(|(key, _)| key.key).finals()
}

#[job]
fn of_an_aggregate_of_groups(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    let counts = hourly.aggregate(count());
    counts.group_by(|(key, _)| key.key).aggregate(sum(|(_, n)| *n)).finals()
}

#[job]
fn of_last_records(orders: Stream<Order>) -> Stream<Final<i64, Order>> {
    orders.key_by(|o| o.item).latest().finals()
}

#[job]
fn of_a_stream(orders: Stream<Order>) -> Stream<Order> {
    orders.finals()
}

fn main() {}
