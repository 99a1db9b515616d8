//! Joins of streams that are not put together as they must be.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[derive(Record)]
struct Payment {
    #[record(event_time)]
    paid: Timestamp,
    order: i64,
    amount: f64,
}

#[job]
fn left_without_a_key(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    orders.join(payments.key_by(|p| p.order))
}

#[job]
fn right_without_a_key(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    orders.key_by(|o| o.item).join(payments)
}

#[job]
fn neither_has_a_key(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<Order> {
    orders.semi_join(payments)
}

#[job]
fn stream_with_table(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, u64)> {
    let paid = payments.key_by(|p| p.order).aggregate(count());
    orders.key_by(|o| o.item).join(paid)
}

#[job]
fn table_with_stream(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, (u64, Payment)> {
    let ordered = orders.key_by(|o| o.item).aggregate(count());
    ordered.left_join(payments.key_by(|p| p.order))
}

#[job]
fn table_with_plain_stream(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, (u64, Payment)> {
    let ordered = orders.key_by(|o| o.item).aggregate(count());
    ordered.join(payments)
}

#[job]
fn table_with_groups(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, (u64, u64)> {
    let ordered = orders.key_by(|o| o.item).aggregate(count());
    let paid = payments.key_by(|p| p.order).aggregate(count());
    ordered.join(paid.group_by(|(order, _)| *order))
}

#[job]
fn no_lateness(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<Order> {
    orders.key_by(|o| o.item).anti_join(payments.key_by(|p| p.order))
}

#[job]
fn no_lateness_on_the_left(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Option<Payment>)> {
    orders.key_by(|o| o.item).left_join(payments.key_by(|p| p.order).lateness(minutes(5)))
}

#[job]
fn no_lateness_on_the_right(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Option<Order>, Option<Payment>)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    orders.full_join(payments.key_by(|p| p.order).window(tumbling(hours(1))))
}

#[job]
fn between_on_the_left(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).between(minutes(0), minutes(10));
    orders.join(payments.key_by(|p| p.order))
}

#[job]
fn between_in_windows(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1)));
    let payments = payments.key_by(|p| p.order).window(tumbling(hours(1)));
    orders.join(payments.between(minutes(0), minutes(10)))
}

#[job]
fn between_before_windows(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1)));
    let payments = payments.key_by(|p| p.order).between(minutes(0), minutes(10));
    orders.join(payments.window(tumbling(hours(1))))
}

#[job]
fn between_twice(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    let payments = payments.key_by(|p| p.order).between(minutes(0), minutes(10));
    orders.key_by(|o| o.item).join(payments.between(minutes(0), minutes(5)))
}

#[job]
fn between_for_an_aggregate(payments: Stream<Payment>) -> Table<i64, u64> {
    payments.key_by(|p| p.order).between(minutes(0), minutes(10)).aggregate(count())
}

#[job]
fn between_of_a_stream(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    orders.key_by(|o| o.item).join(payments.between(minutes(0), minutes(10)).key_by(|p| p.order))
}

#[job]
fn between_of_tables(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, (Order, Payment)> {
    let payments = payments.key_by(|p| p.order).latest();
    orders.key_by(|o| o.item).latest().join(payments.between(minutes(0), minutes(10)))
}

#[job]
fn windows_on_the_left_alone(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1)));
    orders.join(payments.key_by(|p| p.order))
}

#[job]
fn windows_on_the_right_alone(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let payments = payments.key_by(|p| p.order).window(tumbling(hours(1)));
    orders.key_by(|o| o.item).join(payments)
}

#[job]
fn foreign_key_of_streams(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    payments.join_on(|p| p.order, orders)
}

#[job]
fn foreign_key_of_keyed_streams(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    payments.key_by(|p| p.order).join_on(|p| p.order, orders.key_by(|o| o.item))
}

#[job]
fn with_something_else(orders: Stream<Order>) -> Stream<(Order, Payment)> {
    orders.key_by(|o| o.item).join("payments")
}

#[job]
fn finals_of_a_join(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(5));
    let payments = payments.key_by(|p| p.order).window(tumbling(hours(1))).lateness(minutes(5));
    orders.join(payments).finals()
}

#[job]
fn aggregated_without_a_key(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).join(payments.key_by(|p| p.order)).aggregate(count())
}

#[job]
fn lateness_after_the_join(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Option<Payment>)> {
    orders.key_by(|o| o.item).left_join(payments.key_by(|p| p.order)).lateness(minutes(5))
}

fn main() {}
