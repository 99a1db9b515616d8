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
        let left = check::<timeless>().input("events", input.clone()).seed(seed).agrees();
        let all = || input.iter().flatten();
        let hourly = all().flat_map(|e| {
            windows(e.at, hours(1), hours(1)).into_iter().map(|w| (e.who.clone(), w, e.n))
        });
        left.table("hourly", table(summed(hourly)));
        let sliding = all().filter(|e| e.n != 0).flat_map(|e| {
            windows(e.at, minutes(90), minutes(40)).into_iter().map(|w| ((), w, e.n))
        });
        left.table("sliding", table(summed(sliding)));
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
            check::<timely>().input("events", input.clone()).param("wait", wait).seed(seed).agrees();
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
        left.table("sums", table(sums.clone()));
        left.stream("late", late);
        left.stream("finals", finals(sums.clone()));
        prop_assert_eq!(left.totals("windowed.lateness").late, misses);

        // A final row's event time is its window's last instant, and it is never late.
        let rows = sums.into_iter().map(|((key, window), value)| {
            let at = Timestamp::from_micros(window.end.micros() - 1);
            (key, windows(at, hours(2), hours(2))[0], value)
        });
        let rows: Vec<_> = rows.collect();
        left.table("total", table(summed(rows.iter().map(|(_, w, n)| ((), *w, *n)))));
        left.stream("again", finals(summed(rows.into_iter().filter(|(_, _, n)| *n > 0))));
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
        let left = check::<both>().input("a", a.clone()).input("b", b.clone()).seed(seed).agrees();
        let (mut live, mut late) = (Vec::new(), Vec::new());
        for (event, seen) in a.into_iter().chain(b).flat_map(|p| with_seen(p, |e| e.at)) {
            let [window] = windows(event.at, minutes(20), minutes(20))[..] else { unreachable!() };
            match is_late(window, minutes(5), seen) {
                true => late.push(event),
                false => live.push(((), window, event.n)),
            }
        }
        let sums = summed(live);
        left.table("sums", table(sums.clone()));
        left.stream("finals", finals(sums));
        left.stream("late", late);
    }
}

/// Times at the ends of what can be counted, where a window would begin or end beyond.
fn far() -> impl Strategy<Value = Event> {
    let ends = prop::sample::select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]);
    let ends = prop_oneof![1 => ends.prop_map(Timestamp::from_micros), 6 => strategy::time()];
    (ends, event()).prop_map(|(at, event)| Event { at, ..event })
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn times_too_far_out_for_a_window_are_errors_of_their_records(
        input in strategy::partitions(far()),
        seed: u64,
    ) {
        let left = check::<both>()
            .input("a", input.clone())
            .input("b", Vec::<Vec<Event>>::new())
            .on_error(OnError::DeadLetter)
            .seed(seed)
            .agrees();
        let (mut live, mut late, mut letters) = (Vec::new(), Vec::new(), 0);
        for (event, seen) in input.into_iter().flat_map(|p| with_seen(p, |e| e.at)) {
            const SIZE: i128 = 20 * 60 * 1_000_000;
            let start = i128::from(event.at.micros()).div_euclid(SIZE) * SIZE;
            let (Ok(start), Ok(end)) = (i64::try_from(start), i64::try_from(start + SIZE)) else {
                letters += 1;
                continue;
            };
            let from = Timestamp::from_micros;
            let window = Window { start: from(start), end: from(end) };
            match is_late(window, minutes(5), seen) {
                true => late.push(event),
                false => live.push(((), window, event.n)),
            }
        }
        left.table("sums", table(summed(live)));
        left.stream("late", late);
        prop_assert_eq!(left.dead_letters().len(), letters);
    }
}
