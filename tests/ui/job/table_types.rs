//! Closures and aggregates of tables that do not fit the rows.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
    codes: Vec<i64>,
}

#[job]
fn greatest(orders: Stream<Order>) -> Table<i64, i64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).aggregate(max(|(_, o)| o.item))
}

#[job]
fn among_others(orders: Stream<Order>) -> Table<i64, (u64, i64)> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).aggregate((count(), max(|(_, o)| o.item)))
}

#[job]
fn no_pair(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).filter(|n| *n > 3)
}

#[job]
fn two_parameters(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).filter(|item, n| *n > 3)
}

#[job]
fn three_parts(orders: Stream<Order>) -> Table<i64, u64> {
    let counts = orders.key_by(|o| o.item).aggregate((count(), min(|o| o.at)));
    counts.map(|(item, n, at)| *n)
}

#[job]
fn no_pairs(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).flat_map(|(_, n)| [*n, *n + 1])
}

#[job]
fn no_iterator(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).flat_map(|(_, n)| *n)
}

#[job]
fn rows_without_a_key(orders: Stream<Order>) -> Table<Vec<i64>, u64> {
    orders.key_by(|o| o.item).latest().flat_map(|(_, o)| [(o.codes, 1u64)]).named("n")
}

#[job]
fn no_bool(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).filter(|(_, n)| *n)
}

#[job]
fn windowed_key(orders: Stream<Order>) -> Table<Windowed<i64>, u64> {
    let hourly = orders.key_by(|o| o.item).window(tumbling(hours(1))).aggregate(count());
    hourly.filter(|(item, _)| *item > 3)
}

#[job]
fn no_key(orders: Stream<Order>) -> Table<Vec<i64>, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.codes).aggregate(count())
}

#[job]
fn no_foreign_key(orders: Stream<Order>, codes: Stream<Order>) -> Table<String, (Order, Order)> {
    let last = orders.key_by(|o| o.customer).latest();
    last.join_on(|(_, o)| o.codes, codes.key_by(|o| o.item).latest())
}

#[job]
fn foreign_key_without_a_closure(orders: Stream<Order>) -> Table<String, (Order, Order)> {
    let last = orders.key_by(|o| o.customer).latest();
    last.join_on(orders.key_by(|o| o.item).latest())
}

#[job]
fn another_value(orders: Stream<Order>) -> Table<i64, i64> {
    orders.key_by(|o| o.item).aggregate(count()).map(|(_, n)| *n * 2)
}

#[job]
fn duration(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).map(|(_, n)| std::time::Duration::from_secs(*n))
}

#[job]
fn approximate(orders: Stream<Order>) -> Table<i64, Approx<u64>> {
    let customers = orders.key_by(|o| o.item).aggregate(approx_count_distinct(|o| o.customer));
    customers.filter(|(_, n)| *n > 3)
}

#[job]
fn approximate_group(orders: Stream<Order>) -> Table<Approx<u64>, u64> {
    let customers = orders.key_by(|o| o.item).aggregate(approx_count_distinct(|o| o.customer));
    customers.group_by(|(_, n)| *n).aggregate(count())
}

#[job]
fn unknown_field(orders: Stream<Order>) -> Table<String, i64> {
    orders.key_by(|o| o.customer).latest().map(|(_, o)| o.price)
}

#[job]
fn unknown_field_of_a_group(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.customer).latest().group_by(|(_, o)| o.price).aggregate(count())
}

#[job]
fn unknown_field_of_an_aggregate(orders: Stream<Order>) -> Table<i64, i64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).aggregate(sum(|(_, o)| o.price))
}

#[job]
fn unknown_foreign_key(orders: Stream<Order>, codes: Stream<Order>) -> Table<String, (Order, Option<Order>)> {
    let last = orders.key_by(|o| o.customer).latest();
    last.left_join_on(|(_, o)| o.price, codes.key_by(|o| o.item).latest())
}

#[job]
fn no_result(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).try_map(|(_, n)| n.checked_sub(1))
}

#[job]
fn sum_of_text(orders: Stream<Order>) -> Table<i64, i64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).aggregate(sum(|(customer, _)| *customer))
}

fn main() {}
