//! Aggregates that choose by canonical order, each computed by its twin over the group's records in
//! that order: by event time, then by input, partition, offset, and what was done since.

use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Record)]
struct Reading {
    #[record(event_time)]
    at: Timestamp,
    sensor: String,
    place: Option<String>,
    n: i64,
    value: f64,
    notes: Vec<Option<f64>>,
}

fn reading() -> impl Strategy<Value = Reading> {
    let group = prop::sample::select(vec!["", "a", "日本"]).prop_map(str::to_owned);
    // Few values, so that there are ties; to the bit, so that zeros differ.
    let zeros = prop::sample::select(&[0.0, -0.0, 1.5, f64::NAN, -f64::NAN][..]);
    let notes = prop::collection::vec(prop::option::of(strategy::float()), 0..3);
    let place = prop::option::of(strategy::text());
    (strategy::time(), group, place, -2i64..3, zeros, notes).prop_map(
        |(at, sensor, place, n, value, notes)| Reading { at, sensor, place, n, value, notes },
    )
}

#[derive(Debug, Record)]
struct Chosen {
    first: f64,
    last: Option<String>,
    first_some: Option<String>,
    last_whole: Reading,
    least: f64,
    greatest: Reading,
    greatest_float: i64,
    least_some: Option<Vec<Option<f64>>>,
    top: Vec<(i64, f64)>,
    bottom: Vec<f64>,
    map: Vec<(String, f64)>,
    map_of_options: Vec<(i64, Option<String>)>,
}

#[job]
fn chosen(
    left: Stream<Reading>,
    right: Stream<Reading>,
    k: usize,
) -> (Table<String, Chosen>, Table<Windowed<String>, (f64, Vec<i64>)>, Table<String, (i64, i64)>) {
    let all = left.merge(right);
    let groups = all.key_by(|r| r.sensor);
    let chosen = groups.aggregate(Chosen {
        first: first(|r| r.value),
        last: last(|r| r.place),
        first_some: non_empty(filtered(|r| r.place.is_some(), first(|r| r.place.unwrap_or("")))),
        last_whole: last(|r| r),
        least: min_by(|r| r.n, |r| r.value),
        greatest: max_by(|r| r.n, |r| r),
        greatest_float: max_by(|r| r.value, |r| r.n),
        least_some: min_by(|r| r.place, |r| r.notes),
        top: top_k_by(k, |r| r.n, |r| (r.n, r.value)),
        bottom: bottom_k_by(k, |r| r.place, |r| r.value),
        map: collect_map(|r| r.place, |r| r.value),
        map_of_options: collect_map(|r| r.n, |r| r.place),
    });
    let windows = all
        .key_by(|r| r.sensor)
        .window(hopping(hours(2), hours(1)))
        .lateness(hours(9))
        .aggregate((last(|r| r.value), top_k_by(k, |r| r.value, |r| r.n)));
    // Records of one address but for what was done since.
    let pieces = left.flat_map(|r| (0..3i64).map(move |i| PieceRef::of(r, i)));
    let doubled = pieces.merge(pieces.filter(|r| r.piece > 0));
    let ends = doubled
        .key_by(|r| r.sensor)
        .aggregate((first(|r| r.piece), last(|r| r.piece * 100 + r.n).named("last")));
    (chosen, windows, ends)
}

#[derive(Record)]
struct Piece {
    #[record(event_time)]
    at: Timestamp,
    sensor: String,
    n: i64,
    piece: i64,
}

impl<'a> PieceRef<'a> {
    fn of(reading: &ReadingRef<'a>, piece: i64) -> PieceRef<'a> {
        PieceRef { at: reading.at, sensor: reading.sensor, n: reading.n, piece }
    }
}

/// The order of `min` and `max`: -0.0 before 0.0, NaN last.
fn by_value(a: f64, b: f64) -> std::cmp::Ordering {
    a.is_nan().cmp(&b.is_nan()).then(if a.is_nan() { a.total_cmp(&a) } else { a.total_cmp(&b) })
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn what_is_chosen_is_what_the_twin_chooses(
        left in strategy::partitions(reading()),
        right in strategy::partitions(reading()),
        seed: u64,
        k in 0usize..4,
    ) {
        let check = check(chosen).input("left", left.clone()).input("right", right.clone());
        let found = check.param("k", k).seed(seed).agrees();
        let in_order = |inputs: &[&Vec<Vec<Reading>>]| {
            let mut groups = BTreeMap::<String, Vec<Reading>>::new();
            let mut all: Vec<_> = inputs.iter().flat_map(|i| i.iter().flatten().cloned()).collect();
            // A sort that is stable leaves inputs, partitions and offsets in their order.
            all.sort_by_key(|r| r.at);
            all.into_iter().for_each(|r| groups.entry(r.sensor.clone()).or_default().push(r));
            groups
        };
        let groups = in_order(&[&left, &right]);

        found.expect("chosen", groups.iter().map(|(sensor, g)| {
            let placed = || g.iter().filter(|r| r.place.is_some());
            // Of what is the same, `min_by` gives the first and `max_by` the last; sorting is stable.
            let mut by_n: Vec<_> = g.iter().collect();
            by_n.sort_by_key(|r| std::cmp::Reverse(r.n));
            let mut by_place: Vec<_> = placed().collect();
            by_place.sort_by(|a, b| a.place.cmp(&b.place));
            let map = placed().map(|r| (r.place.clone().unwrap(), r.value));
            let map_of_options = g.iter().map(|r| (r.n, r.place.clone()));
            (sensor.clone(), Chosen {
                first: g[0].value,
                last: g[g.len() - 1].place.clone(),
                first_some: placed().next().and_then(|r| r.place.clone()),
                last_whole: g[g.len() - 1].clone(),
                least: g.iter().min_by_key(|r| r.n).unwrap().value,
                greatest: by_n[0].clone(),
                greatest_float: g.iter().rev().max_by(|a, b| by_value(a.value, b.value)).unwrap().n,
                least_some: by_place.first().map(|r| r.notes.clone()),
                top: by_n.iter().take(k).map(|r| (r.n, r.value)).collect(),
                bottom: by_place.iter().take(k).map(|r| r.value).collect(),
                map: map.collect::<BTreeMap<_, _>>().into_iter().collect(),
                map_of_options: map_of_options.collect::<BTreeMap<_, _>>().into_iter().collect(),
            })
        }));

        let mut windows = BTreeMap::<_, Vec<&Reading>>::new();
        for reading in groups.values().flatten() {
            for w in ouzel_testkit::plain::windows(reading.at, hours(2), hours(1)) {
                let key = (reading.sensor.clone(), w.start, w.end);
                windows.entry(key).or_default().push(reading);
            }
        }
        found.expect("windows", windows.into_iter().map(|((key, start, end), mut g)| {
            let last = g[g.len() - 1].value;
            g.sort_by(|a, b| by_value(b.value, a.value));
            let top = g.iter().take(k).map(|r| r.n).collect::<Vec<_>>();
            (Windowed { key, window: Window { start, end } }, (last, top))
        }));

        found.expect("ends", in_order(&[&left]).into_iter().map(|(sensor, g)| {
            (sensor, (0i64, 200 + g[g.len() - 1].n))
        }));
    }
}

#[derive(Record)]
struct Timeless {
    n: i64,
}

#[job]
fn without_times(numbers: Stream<Timeless>) -> Table<(), i64> {
    numbers.key_by(|_| ()).aggregate((count(), last(|r| r.n)).map_result(|(_, n)| n))
}

#[test]
fn records_without_event_time_have_no_order() {
    let said = <without_times as Job>::plan(&ouzel::Params::new()).err().unwrap().to_string();
    assert!(said.contains("`Timeless` has no event time"), "{said}");
}
