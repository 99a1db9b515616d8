//! Sides of a join that do not fit each other by their types.

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
fn keys(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    orders.key_by(|o| o.customer).join(payments.key_by(|p| p.order))
}

#[job]
fn keys_of_a_left_join(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Option<Payment>)> {
    let orders = orders.key_by(|o| (o.item, o.customer)).lateness(minutes(5));
    orders.left_join(payments.key_by(|p| p.order).lateness(minutes(5)))
}

#[job]
fn kinds_of_windows(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1)));
    orders.join(payments.key_by(|p| p.order).window(hopping(hours(1), minutes(30))))
}

#[job]
fn sessions(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).window(session(hours(1)));
    orders.join(payments.key_by(|p| p.order).window(session(hours(1))))
}

#[job]
fn keys_of_tables(orders: Stream<Order>, payments: Stream<Payment>) -> Table<String, (Order, Payment)> {
    orders.key_by(|o| o.customer).latest().join(payments.key_by(|p| p.order).latest())
}

#[job]
fn windows_of_tables(orders: Stream<Order>, payments: Stream<Payment>) -> Table<Windowed<i64>, (u64, u64)> {
    let orders = orders.key_by(|o| o.item).window(tumbling(hours(1))).aggregate(count());
    orders.join(payments.key_by(|p| p.order).aggregate(count()))
}

#[job]
fn foreign_key(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, (Payment, Order)> {
    let orders = orders.key_by(|o| o.customer).latest();
    payments.key_by(|p| p.order).latest().join_on(|(_, p)| p.order, orders)
}

#[job]
fn an_amount_of_time(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<(Order, Payment)> {
    orders.key_by(|o| o.item).join(payments.key_by(|p| p.order).between(-10, 10))
}

#[job]
fn what_a_left_join_gives(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> Stream<(Order, Payment)> {
    let orders = orders.key_by(|o| o.item).lateness(minutes(5));
    orders.left_join(payments.key_by(|p| p.order).lateness(minutes(5)))
}

#[job]
fn pairs(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, u64> {
    let pairs = orders.key_by(|o| o.item).join(payments.key_by(|p| p.order));
    pairs.key_by(|pair| pair.item).aggregate(count())
}

#[job]
fn two_parameters(orders: Stream<Order>, payments: Stream<Payment>) -> Table<i64, u64> {
    let pairs = orders.key_by(|o| o.item).join(payments.key_by(|p| p.order));
    pairs.key_by(|order, payment| order.item).aggregate(count())
}

#[job]
fn an_option(orders: Stream<Order>, payments: Stream<Payment>) -> Stream<f64> {
    let orders = orders.key_by(|o| o.item).lateness(minutes(5));
    let all = orders.left_join(payments.key_by(|p| p.order).lateness(minutes(5)));
    all.map(|(_, payment)| payment.amount)
}

fn main() {}
