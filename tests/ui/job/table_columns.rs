//! Names of the columns of tables that are made of tables.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[job]
fn same_as_the_key(orders: Stream<Order>) -> Table<i64, i64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).aggregate(sum(|(_, o)| o.item).named("item"))
}

#[job]
fn no_name(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).map(|(_, n)| *n * 2)
}

#[job]
fn no_key_name(orders: Stream<Order>) -> Table<u64, u64> {
    orders.key_by(|o| o.customer).latest().group_by(|(_, o)| o.customer.len() as u64).aggregate(count())
}

#[job]
fn no_key_name_of_rows(orders: Stream<Order>) -> Table<String, u64> {
    let counts = orders.key_by(|o| o.customer).aggregate(count());
    counts.flat_map(|(customer, n)| [(customer.to_lowercase(), *n)]).named("made")
}

#[job]
fn last_record(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.item).latest()
}

#[job]
fn mapped(orders: Stream<Order>) -> Table<i64, (u64, u64)> {
    let counts = orders.key_by(|o| o.item).aggregate(count());
    counts.map(|(_, n)| {
        let item = *n;
        item
    })
}

#[job]
fn names_of_a_join(orders: Stream<Order>) -> Table<i64, (u64, u64)> {
    let counts = orders.key_by(|o| o.item).named("left").aggregate(count());
    counts.join(counts)
}

#[job]
fn name_of_an_input(orders: Stream<Order>, item: Stream<Order>) -> Table<i64, (u64, u64)> {
    let counts = orders.key_by(|o| o.item).named("item").aggregate(count());
    let others = item.key_by(|o| o.item).aggregate(count());
    counts.join(others)
}

#[job]
fn twice(orders: Stream<Order>) -> (Table<i64, u64>, Table<i64, u64>) {
    let counts = orders.key_by(|o| o.item).aggregate(count()).filter(|(_, n)| *n > 3);
    let again = counts;
    (counts, again)
}

#[job]
fn keyed(orders: Stream<Order>) -> Stream<Order> {
    orders.key_by(|o| o.item)
}

#[job]
fn windowed(orders: Stream<Order>) -> Table<Windowed<i64>, Order> {
    orders.key_by(|o| o.item).window(tumbling(hours(1)))
}

#[job]
fn grouped(orders: Stream<Order>) -> Table<i64, Order> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item)
}

#[job]
fn grouped_among_others(orders: Stream<Order>) -> (Table<String, Order>, Table<i64, Order>) {
    let last = orders.key_by(|o| o.customer).named("by").latest();
    let items = last.group_by(|(_, o)| o.item);
    (last, items)
}

fn main() {}
