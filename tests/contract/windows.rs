//! Windows, lateness and finals: the twin works out what each partition had seen by hand.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::plain::{is_late, windows, with_seen};
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

fn event() -> impl Strategy<Value = Event> {
    (strategy::time(), strategy::text(), -4i64..5).prop_map(|(at, who, n)| Event { at, who, n })
}

/// A row of a windowed table.
type Row<K, V> = (Windowed<K>, V);

/// The sums of groups of records: key, window, value.
fn summed<K: Ord + Clone>(
    rows: impl IntoIterator<Item = (K, Window, i64)>,
) -> BTreeMap<(K, Window), i64> {
    rows.into_iter().fold(BTreeMap::new(), |mut sums, (key, window, n)| {
        *sums.entry((key, window)).or_default() += n;
        sums
    })
}

fn table<K, V>(groups: BTreeMap<(K, Window), V>) -> Vec<Row<K, V>> {
    groups.into_iter().map(|((key, window), value)| (Windowed { key, window }, value)).collect()
}

fn finals<K, V>(groups: BTreeMap<(K, Window), V>) -> Vec<Final<K, V>> {
    let final_row = |((key, window), value)| Final { key, window, value };
    groups.into_iter().map(final_row).collect()
}

/// Windows without a lateness: nothing is ever late.
#[job]
fn timeless(events: Stream<Event>) -> (Table<Windowed<String>, i64>, Table<Windowed<()>, i64>) {
    let hourly = events.key_by(|e| e.who).window(tumbling(hours(1))).aggregate(sum(|e| e.n));
    let sliding = events.filter(|e| e.n != 0).key_by(|_| ());
    let sliding = sliding.window(hopping(minutes(90), minutes(40))).aggregate(sum(|e| e.n));
    (hourly, sliding)
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn windows_without_a_lateness(input in strategy::partitions(event()), seed: u64) {
        let left = check(timeless).input("events", input.clone()).seed(seed).agrees();
        let all = || input.iter().flatten();
        let hourly = all().flat_map(|e| {
            windows(e.at, hours(1), hours(1)).into_iter().map(|w| (e.who.clone(), w, e.n))
        });
        left.expect("hourly", table(summed(hourly)));
        let sliding = all().filter(|e| e.n != 0).flat_map(|e| {
            windows(e.at, minutes(90), minutes(40)).into_iter().map(|w| ((), w, e.n))
        });
        left.expect("sliding", table(summed(sliding)));
    }
}

/// Windows with a lateness, what they miss, and what they finally give, into windows again.
#[job]
fn timely(
    events: Stream<Event>,
    wait: i64,
) -> (
    Table<Windowed<String>, i64>,
    Stream<Event>,
    Stream<Final<String, i64>>,
    Table<Windowed<()>, i64>,
    Stream<Final<String, i64>>,
) {
    let wanted = events.filter(|e| e.n != 0);
    let windowed =
        wanted.key_by(|e| e.who).window(hopping(minutes(60), minutes(30))).lateness(minutes(wait));
    let late = windowed.late();
    let sums = windowed.aggregate(sum(|e| e.n));
    let finals = sums.finals();
    let total = finals.key_by(|_| ()).window(tumbling(hours(2))).aggregate(sum(|f| f.value));
    let again = finals.filter(|f| f.value > 0).key_by(|f| f.key).window(tumbling(hours(2)));
    let again = again.lateness(minutes(10)).aggregate(sum(|f| f.value)).finals();
    (sums, late, finals, total, again)
}

proptest! {
    #![proptest_config(strategy::cases(48))]

    #[test]
    fn windows_with_a_lateness(
        input in strategy::partitions(event()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 1, 30, 200]),
    ) {
        let left =
            check(timely).input("events", input.clone()).param("wait", wait).seed(seed).agrees();
        let (mut live, mut late) = (Vec::new(), Vec::new());
        for (event, seen) in input.into_iter().flat_map(|p| with_seen(p, |e| e.at)) {
            // What was filtered out has been seen all the same.
            if event.n == 0 {
                continue;
            }
            for window in windows(event.at, minutes(60), minutes(30)) {
                if is_late(window, minutes(wait), seen) {
                    late.push(event.clone());
                } else {
                    live.push((event.who.clone(), window, event.n));
                }
            }
        }
        let misses = late.len() as u64;
        let sums = summed(live);
        left.expect("sums", table(sums.clone()));
        left.expect("late", late);
        left.expect("finals", finals(sums.clone()));
        prop_assert_eq!(left.totals("windowed.lateness").late, misses);

        // A final row's event time is its window's last instant, and it is never late.
        let rows = sums.into_iter().map(|((key, window), value)| {
            let at = Timestamp::from_micros(window.end.micros() - 1);
            (key, windows(at, hours(2), hours(2))[0], value)
        });
        let rows: Vec<_> = rows.collect();
        left.expect("total", table(summed(rows.iter().map(|(_, w, n)| ((), *w, *n)))));
        left.expect("again", finals(summed(rows.into_iter().filter(|(_, _, n)| *n > 0))));
    }
}

/// The watermark of two inputs is that of the one behind, and each record has seen what its own
/// partition has.
#[job]
fn both(
    a: Stream<Event>,
    b: Stream<Event>,
) -> (Stream<Final<(), i64>>, Stream<Event>, Table<Windowed<()>, i64>) {
    let all = a.merge(b).key_by(|_| ()).window(tumbling(minutes(20))).lateness(minutes(5));
    let late = all.late();
    let sums = all.aggregate(sum(|e| e.n));
    let finals = sums.finals();
    (finals, late, sums)
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn two_inputs(
        a in strategy::partitions(event()),
        b in strategy::partitions(event()),
        seed: u64,
    ) {
        let left = check(both).input("a", a.clone()).input("b", b.clone()).seed(seed).agrees();
        let (mut live, mut late) = (Vec::new(), Vec::new());
        for (event, seen) in a.into_iter().chain(b).flat_map(|p| with_seen(p, |e| e.at)) {
            let [window] = windows(event.at, minutes(20), minutes(20))[..] else { unreachable!() };
            match is_late(window, minutes(5), seen) {
                true => late.push(event),
                false => live.push(((), window, event.n)),
            }
        }
        let sums = summed(live);
        left.expect("sums", table(sums.clone()));
        left.expect("finals", finals(sums));
        left.expect("late", late);
    }
}

/// Windows at the ends of what can be counted, with a lateness that may reach beyond, and what they
/// finally give into windows again.
#[job]
fn far_out(
    events: Stream<Event>,
    wait: i64,
) -> (
    Table<Windowed<()>, i64>,
    Table<Windowed<()>, i64>,
    Table<Windowed<()>, i64>,
    Stream<Event>,
    Stream<Final<(), i64>>,
) {
    let keyed = events.key_by(|_| ());
    let ever = keyed.window(tumbling(micros(7))).aggregate(sum(|e| e.n));
    let tumbled = keyed.window(tumbling(micros(7))).lateness(micros(wait));
    let late = tumbled.late();
    let tumbled = tumbled.aggregate(sum(|e| e.n));
    let hopped = keyed.window(hopping(micros(7), micros(3))).lateness(micros(wait));
    let hopped = hopped.aggregate(sum(|e| e.n));
    let again = tumbled.finals().key_by(|_| ()).window(tumbling(micros(2)));
    let again = again.lateness(micros(wait)).aggregate(sum(|f| f.value)).finals();
    (ever, tumbled, hopped, late, again)
}

/// Times at the ends of what can be counted, and in between.
fn far() -> impl Strategy<Value = Event> {
    let ends =
        prop_oneof![(0i64..24).prop_map(|n| i64::MIN + n), (0i64..24).prop_map(|n| i64::MAX - n)];
    let times = prop_oneof![3 => ends, 1 => -12i64..12];
    (times, -4i64..5).prop_map(|(at, n)| Event {
        at: Timestamp::from_micros(at),
        who: String::new(),
        n,
    })
}

proptest! {
    #![proptest_config(strategy::cases(48))]

    #[test]
    fn windows_at_the_ends_of_time(
        input in strategy::partitions(far()),
        seed: u64,
        wait in prop::sample::select(vec![0, 1, 9, i64::MAX - 20, i64::MAX]),
    ) {
        let left = check(far_out)
            .input("events", input.clone())
            .param("wait", wait)
            .on_error(OnError::Skip)
            .seed(seed)
            .agrees();
        let (mut ever, mut live, mut late, mut hops) = (vec![], vec![], vec![], vec![]);
        let mut errors = 0;
        for (event, seen) in input.into_iter().flat_map(|p| with_seen(p, |e| e.at)) {
            match windows(event.at, micros(7), micros(7))[..] {
                [window] => {
                    ever.push(((), window, event.n));
                    match is_late(window, micros(wait), seen) {
                        true => late.push(event.clone()),
                        false => live.push(((), window, event.n)),
                    }
                }
                _ => errors += 2,
            }
            let all = windows(event.at, micros(7), micros(3));
            errors += u64::from(all.is_empty());
            hops.extend(all.into_iter().filter(|w| !is_late(*w, micros(wait), seen)).map(|w| ((), w, event.n)));
        }
        let sums = summed(live);
        left.expect("ever", table(summed(ever)));
        left.expect("tumbled", table(sums.clone()));
        left.expect("hopped", table(summed(hops)));
        left.expect("late", late);
        let again = sums.into_iter().filter_map(|(((), window), n)| {
            let at = Timestamp::from_micros(window.end.micros() - 1);
            let found = windows(at, micros(2), micros(2)).first().copied();
            errors += u64::from(found.is_none());
            Some(((), found?, n))
        });
        left.expect("again", finals(summed(again.collect::<Vec<_>>())));
        prop_assert_eq!(left.errors(), errors);
    }
}

/// Nothing but what is late.
#[job]
fn only_late(events: Stream<Event>, size: i64, wait: i64) -> Stream<Event> {
    events.key_by(|e| e.who).window(tumbling(seconds(size))).lateness(seconds(wait)).late()
}

#[test]
fn windows_and_lateness_are_checked_whoever_takes_them() {
    let run = |size: i64, wait: i64| {
        let run =
            ouzel::run::<only_late>().input("events", Vec::<arrow::array::RecordBatch>::new());
        run.param("size", size).param("wait", wait).execute().map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(run(1, 0), Ok(()));
    let (length, wait) = (run(0, 0).unwrap_err(), run(1, -1).unwrap_err());
    assert!(length.contains("windows.rs:") && length.contains(" window: "), "{length}");
    assert!(wait.contains(" lateness: a lateness must not be negative"), "{wait}");
}
