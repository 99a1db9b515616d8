//! Operators that depend on order, and stand in the wrong place.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[job]
fn lag_without_a_lateness(orders: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    orders.key_by(|o| o.item).lag(1)
}

#[job]
fn fold_without_a_lateness(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).fold(0u64, |n, _| *n += 1).named("n")
}

#[job]
fn rank_of_a_stream(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.rank()
}

#[job]
fn rank_of_a_table(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).latest().rank()
}

#[job]
fn rank_of_groups(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.customer).latest().group_by(|(_, o)| o.item).rank()
}

#[job]
fn dedup_in_windows(orders: Stream<Order>) -> Stream<Order> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    hourly.dedup(minutes(1))
}

#[job]
fn dedup_after_between(orders: Stream<Order>) -> Stream<Order> {
    let near = orders.key_by(|o| o.item).lateness(minutes(5)).between(minutes(0), minutes(1));
    near.dedup(minutes(1))
}

#[job]
fn at_end_of_a_stream(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.at_end().key_by(|o| o.item).rank()
}

#[job]
fn at_end_of_a_table(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).latest().at_end().rank()
}

#[job]
fn at_end_with_a_lateness(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).lateness(minutes(5)).at_end().rank()
}

#[job]
fn lateness_with_at_end(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).at_end().lateness(minutes(5)).rank()
}

#[job]
fn at_end_twice(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.key_by(|o| o.item).at_end().at_end().rank()
}

#[job]
fn at_end_in_windows(orders: Stream<Order>) -> Table<Windowed<i64>, u64> {
    orders.key_by(|o| o.item).window(tumbling(hours(1))).at_end().aggregate(count())
}

#[job]
fn windows_at_end(orders: Stream<Order>) -> Table<Windowed<i64>, u64> {
    orders.key_by(|o| o.item).at_end().window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn aggregate_at_end(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).at_end().aggregate(count())
}

#[job]
fn latest_at_end(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.item).named("id").at_end().latest()
}

#[job]
fn join_at_end(orders: Stream<Order>) -> Stream<(Order, Order)> {
    let keyed = orders.key_by(|o| o.item);
    keyed.at_end().join(keyed)
}

#[job]
fn late_at_end(orders: Stream<Order>) -> Stream<Order> {
    orders.key_by(|o| o.item).at_end().late()
}

#[job]
fn finals_of_a_fold(orders: Stream<Order>) -> Stream<Final<i64, u64>> {
    orders.key_by(|o| o.item).lateness(minutes(5)).fold(0u64, |n, _| *n += 1).finals()
}

#[job]
fn as_of_a_stream(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.customer).lateness(minutes(5));
    orders.as_of_join(customers)
}

#[job]
fn as_of_a_table(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.customer).lateness(minutes(5));
    orders.as_of_join(customers.key_by(|c| c.customer).latest())
}

#[job]
fn stream_as_of(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    orders.as_of_join(customers.key_by(|c| c.customer).lateness(minutes(5)))
}

#[job]
fn table_as_of(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let customers = customers.key_by(|c| c.customer).lateness(minutes(5));
    orders.key_by(|o| o.customer).latest().as_of_join(customers)
}

#[job]
fn as_of_without_a_lateness(
    orders: Stream<Order>,
    customers: Stream<Order>,
) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.customer).lateness(minutes(5));
    orders.as_of_join(customers.key_by(|c| c.customer))
}

#[job]
fn without_a_lateness_as_of(
    orders: Stream<Order>,
    customers: Stream<Order>,
) -> Stream<(Order, Option<Order>)> {
    let customers = customers.key_by(|c| c.customer).lateness(minutes(5));
    orders.key_by(|o| o.customer).as_of_join(customers)
}

#[job]
fn as_of_windows(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.customer).lateness(minutes(5));
    let customers = customers.key_by(|c| c.customer).window(tumbling(hours(1)));
    orders.as_of_join(customers.lateness(minutes(5)))
}

#[job]
fn as_of_a_range(orders: Stream<Order>, customers: Stream<Order>) -> Stream<(Order, Option<Order>)> {
    let orders = orders.key_by(|o| o.customer).lateness(minutes(5));
    let customers = customers.key_by(|c| c.customer).lateness(minutes(5));
    orders.as_of_join(customers.between(minutes(-5), minutes(0)))
}

#[job]
fn one_parameter(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).at_end().fold(0u64, |n| *n += 1).named("n")
}

#[job]
fn three_parameters(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().scan(0u64, |_, n, _| *n += 1).named("n")
}

#[job]
fn two_parameters(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().process(0u64, |state, record| *state += 1).named("n")
}

fn closure() -> impl Fn(&mut u64, &OrderRef<'_>) {
    |n, _| *n += 1
}

#[job]
fn made_elsewhere(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().scan(0u64, closure()).named("n")
}

#[job]
fn waiting(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().scan(0u64, async |n, _| *n += 1).named("n")
}

#[job]
fn clock(orders: Stream<Order>) -> Stream<u64> {
    orders.key_by(|o| o.item).at_end().scan(0u64, |n, _| {
        *n = std::time::SystemTime::now().elapsed().unwrap().as_secs();
    }).named("n")
}

fn main() {}
