//! Session windows: the twin sorts each key's records and looks at the gaps.

use ouzel::prelude::*;
use ouzel_testkit::plain::with_seen;
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

/// Key, first and last event time, sum: by sorting.
fn sessions(events: Vec<Event>, gap: i64) -> Vec<(String, i64, i64, i64)> {
    let mut of: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for event in events {
        of.entry(event.who).or_default().push((event.at.micros(), event.n));
    }
    let mut all = Vec::new();
    for (who, mut records) in of {
        records.sort_unstable();
        let mut open: Option<(i64, i64, i64)> = None;
        for (at, n) in records {
            open = match open {
                Some((first, last, sum)) if at - last <= gap => Some((first, at, sum + n)),
                before => {
                    all.extend(before.map(|(first, last, sum)| (who.clone(), first, last, sum)));
                    Some((at, at, n))
                }
            };
        }
        all.extend(open.map(|(first, last, sum)| (who.clone(), first, last, sum)));
    }
    all
}

fn window(first: i64, last: i64, gap: i64) -> Window {
    let [start, end] = [first, last + gap].map(Timestamp::from_micros);
    Window { start, end }
}

const GAP: i64 = 7 * 60_000_000;

#[job]
fn timeless(events: Stream<Event>) -> Table<Windowed<String>, (u64, i64)> {
    events.key_by(|e| e.who).window(session(minutes(7))).aggregate((count(), sum(|e| e.n)))
}

/// Sessions, what they miss, and what they finally give, into windows again.
#[job]
fn timely(
    events: Stream<Event>,
    wait: i64,
) -> (Table<Windowed<String>, i64>, Stream<Event>, Stream<Final<String, i64>>, Stream<Final<(), i64>>)
{
    let windowed = events.key_by(|e| e.who).window(session(minutes(7))).lateness(minutes(wait));
    let late = windowed.late();
    let sums = windowed.aggregate(sum(|e| e.n));
    let finals = sums.finals();
    let hourly = finals.key_by(|_| ()).window(tumbling(hours(1))).lateness(minutes(0));
    let again = hourly.aggregate(sum(|f| f.value)).finals();
    (sums, late, finals, again)
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn sessions_without_a_lateness(input in strategy::partitions(event()), seed: u64) {
        let left = check(timeless).input("events", input.clone()).seed(seed).agrees();
        let all: Vec<_> = input.into_iter().flatten().collect();
        let counts: BTreeMap<_, _> = sessions(all.iter().map(|e| Event { n: 1, ..e.clone() }).collect(), GAP)
            .into_iter()
            .map(|(who, first, _, n)| ((who, first), n as u64))
            .collect();
        left.expect("timeless", sessions(all, GAP).into_iter().map(|(key, first, last, sum)| {
            let count = counts[&(key.clone(), first)];
            (Windowed { key, window: window(first, last, GAP) }, (count, sum))
        }));
    }

    #[test]
    fn sessions_with_a_lateness(
        input in strategy::partitions(event()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 1, 30, 200]),
    ) {
        let left =
            check(timely).input("events", input.clone()).param("wait", wait).seed(seed).agrees();
        let (late, live): (Vec<_>, Vec<_>) = input
            .into_iter()
            .flat_map(|p| with_seen(p, |e| e.at))
            .partition(|(e, seen)| e.at.micros() + wait * 60_000_000 < seen.micros());
        let misses = late.len() as u64;
        left.expect("late", late.into_iter().map(|(event, _)| event));
        let sums = sessions(live.into_iter().map(|(event, _)| event).collect(), GAP);
        let rows = || sums.iter().map(|(key, first, last, sum)| {
            (key.clone(), window(*first, *last, GAP), *sum)
        });
        left.expect("sums", rows().map(|(key, window, n)| (Windowed { key, window }, n)));
        left.expect("finals", rows().map(|(key, window, value)| Final { key, window, value }));
        prop_assert_eq!(left.totals("windowed.lateness").late, misses);
        let mut hourly = BTreeMap::new();
        for (_, window, n) in rows() {
            let at = window.end.micros() - 1;
            *hourly.entry(at.div_euclid(3_600_000_000)).or_insert(0) += n;
        }
        left.expect("again", hourly.into_iter().map(|(hour, value)| {
            let [start, end] = [hour, hour + 1].map(|h| Timestamp::from_micros(h * 3_600_000_000));
            Final { key: (), window: Window { start, end }, value }
        }));
    }
}
