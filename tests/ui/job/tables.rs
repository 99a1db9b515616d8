//! Operators of tables that stand in the wrong place.

use ouzel::prelude::*;

#[derive(Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    customer: String,
}

#[job]
fn group_by_of_a_stream(orders: Stream<Order>) -> Table<i64, u64> {
    orders.group_by(|o| o.item).aggregate(count())
}

#[job]
fn group_by_of_a_keyed_stream(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.customer).group_by(|o| o.item).aggregate(count())
}

#[job]
fn group_by_twice(orders: Stream<Order>) -> Table<i64, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).group_by(|(_, o)| o.item).aggregate(count())
}

#[job]
fn key_by_of_a_table(orders: Stream<Order>) -> Table<i64, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.key_by(|(_, o)| o.item).aggregate(count())
}

#[job]
fn aggregate_of_a_table(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).aggregate(count())
}

#[job]
fn window_of_a_table(orders: Stream<Order>) -> Table<Windowed<i64>, u64> {
    orders.key_by(|o| o.item).latest().window(tumbling(hours(1)))
}

#[job]
fn window_of_groups(orders: Stream<Order>) -> Table<Windowed<i64>, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn lateness_of_a_table(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).lateness(minutes(5))
}

#[job]
fn filtered_groups(orders: Stream<Order>) -> Table<i64, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).filter(|(_, o)| o.item > 3).aggregate(count())
}

#[job]
fn joined_groups(orders: Stream<Order>) -> Table<i64, u64> {
    let last = orders.key_by(|o| o.customer).latest();
    last.group_by(|(_, o)| o.item).join(last)
}

#[job]
fn try_flat_map_of_a_table(orders: Stream<Order>) -> Table<i64, u64> {
    let counts = orders.key_by(|o| o.item).aggregate(count());
    counts.try_flat_map(|(item, n)| n.checked_sub(1).map(|n| [(*item, n)]).ok_or("none"))
}

#[job]
fn inspected_table(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).inspect(|(_, n)| println!("{n}"))
}

#[job]
fn asserted_table(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).assert(|(_, n)| *n > 0)
}

#[job]
fn merged_tables(orders: Stream<Order>) -> Table<i64, u64> {
    let counts = orders.key_by(|o| o.item).aggregate(count());
    counts.merge(counts)
}

#[job]
fn merged_with_a_table(orders: Stream<Order>) -> Stream<Order> {
    orders.merge(orders.key_by(|o| o.item).latest())
}

#[job]
fn merged_with_a_keyed_stream(orders: Stream<Order>) -> Stream<Order> {
    orders.merge(orders.key_by(|o| o.item))
}

#[job]
fn latest_of_a_stream(orders: Stream<Order>) -> Table<i64, Order> {
    orders.latest()
}

#[job]
fn latest_of_a_table(orders: Stream<Order>) -> Table<i64, u64> {
    orders.key_by(|o| o.item).aggregate(count()).latest()
}

#[job]
fn latest_of_windows(orders: Stream<Order>) -> Table<Windowed<i64>, Order> {
    orders.key_by(|o| o.item).window(tumbling(hours(1))).latest()
}

#[job]
fn latest_with_a_lateness(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.item).lateness(minutes(5)).latest()
}

#[job]
fn latest_of_groups(orders: Stream<Order>) -> Table<i64, Order> {
    orders.key_by(|o| o.customer).latest().group_by(|(_, o)| o.item).latest()
}

#[job]
fn distinct_of_a_stream(orders: Stream<Order>) -> Table<i64, ()> {
    orders.distinct()
}

#[job]
fn distinct_of_a_table(orders: Stream<Order>) -> Table<i64, ()> {
    orders.key_by(|o| o.item).latest().distinct()
}

#[job]
fn distinct_of_groups(orders: Stream<Order>) -> Table<i64, ()> {
    orders.key_by(|o| o.customer).latest().group_by(|(_, o)| o.item).distinct()
}

#[job]
fn distinct_with_a_lateness(orders: Stream<Order>) -> Table<i64, ()> {
    orders.key_by(|o| o.item).lateness(minutes(5)).distinct()
}

#[job]
fn distinct_by(orders: Stream<Order>) -> Table<i64, ()> {
    orders.distinct(|o| o.item)
}

fn main() {}
