//! Closures and values of operators that depend on order which do not fit them.

use ouzel::prelude::*;

#[derive(Clone, Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[job]
fn a_state_that_is_given(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().scan(0u64, |n, _| *n + 1).named("n")
}

#[job]
fn a_state_that_cannot_be_kept(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().process("", |p| p.emit(p.state.len() as u64)).named("n")
}

#[job]
fn reduced_to_something_else(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.item).named("id").at_end().reduce(|a, b| a.item.max(b.item))
}

#[job]
fn reduced_to_a_view(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.item).named("id").at_end().reduce(|_, b| *b)
}

#[job]
fn emits_something_else(orders: Stream<Order>) -> Stream<String> {
    let made = orders.key_by(|o| o.item).at_end().process((), |p| {
        if let Some(record) = p.record() {
            p.emit(record.item);
        }
    });
    made.named("made")
}

#[job]
fn emits_two_types(orders: Stream<Order>) -> Stream<i64> {
    let made = orders.key_by(|o| o.item).at_end().process((), |p| {
        if let Some(record) = p.record() {
            p.emit(record.item);
            p.emit(record.customer);
        }
    });
    made.named("made")
}

#[job]
fn unknown_field(orders: Stream<Order>) -> Stream<i64> {
    orders.key_by(|o| o.item).at_end().scan(0i64, |n, o| *n += o.price).named("n")
}

#[job]
fn a_number_for_a_span(orders: Stream<Order>) -> Stream<Order> {
    orders.key_by(|o| o.item).at_end().dedup(60)
}

#[job]
fn a_span_for_a_number(orders: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    orders.key_by(|o| o.item).at_end().lag(minutes(1))
}

#[job]
fn a_window_for_a_frame(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).at_end().sliding(tumbling(hours(1)), count())
}

#[job]
fn no_aggregate(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).at_end().sliding(last_rows(3), 5)
}

#[job]
fn as_of_another_key(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.item).lateness(minutes(5));
    orders.as_of_join(customers.key_by(|c| c.customer).lateness(minutes(5)))
}

#[job]
fn what_lag_gives(orders: Stream<Order>) -> Stream<i64> {
    orders.key_by(|o| o.item).at_end().lag(1).map(|(o, before)| o.item - before.item)
}

fn main() {}
