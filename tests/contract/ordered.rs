//! Operators that depend on order: the twin sorts each key's records by event time, partition and
//! place in it.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::plain::with_seen;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

fn event() -> impl Strategy<Value = Event> {
    (strategy::time(), strategy::text(), -4i64..5).prop_map(|(at, who, n)| Event { at, who, n })
}

const MINUTE: i64 = 60_000_000;

/// Each key's records that are not late, in canonical order.
fn in_order(partitions: &[Vec<Event>], wait: Option<i64>) -> BTreeMap<String, Vec<Event>> {
    let mut all = Vec::new();
    for (partition, events) in partitions.iter().enumerate() {
        for (offset, (event, seen)) in with_seen(events.clone(), |e| e.at).enumerate() {
            let late = wait.is_some_and(|wait| event.at.micros() + wait * MINUTE < seen.micros());
            if !late {
                all.push(((event.at, partition, offset), event));
            }
        }
    }
    all.sort_by_key(|(place, _)| *place);
    let mut keys: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    all.into_iter().for_each(|(_, event)| keys.entry(event.who.clone()).or_default().push(event));
    keys
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Folded {
    count: i64,
    text: String,
}

#[job]
#[allow(clippy::type_complexity)]
fn timely(
    events: Stream<Event>,
    wait: i64,
    step: i64,
) -> (
    Stream<(Event, Option<Event>)>,
    Stream<(Event, u64)>,
    Stream<Event>,
    Stream<i64>,
    Table<String, Folded>,
    Table<String, Event>,
    Stream<(Event, (u64, Option<i64>))>,
    Stream<(Event, i64)>,
    Stream<Event>,
    Stream<Final<(), u64>>,
) {
    let keyed = events.key_by(|e| e.who).named("id").lateness(minutes(wait));
    let lag = keyed.lag(2);
    let rank = keyed.rank();
    let dedup = keyed.dedup(minutes(10));
    let scan = keyed.scan(0i64, |sum, e| *sum = *sum * step + e.n).named("sum");
    let fold = keyed.fold(Folded { count: 0, text: String::new() }, |state, e| {
        state.count += 1;
        state.text = format!("{}{}", e.n, &state.text[..state.text.len().min(6)]);
    });
    let reduce = keyed.reduce(|a, b| Event { at: b.at, who: b.who.to_owned(), n: a.n * 2 - b.n });
    let rows =
        keyed.sliding(last_rows(3), (count(), max(|e| (e.n != 0).then_some(e.n)).named("max")));
    let span = keyed.sliding(last_span(minutes(30)), sum(|e| e.n));
    let late = keyed.late();
    let later = dedup.key_by(|_| ()).window(tumbling(hours(1))).lateness(minutes(0));
    let later = later.aggregate(count()).finals();
    (lag, rank, dedup, scan, fold, reduce, rows, span, late, later)
}

/// Aggregates that look at places, over the last records.
#[job]
fn ends(events: Stream<Event>, wait: i64) -> Stream<(Event, (i64, i64, Timestamp))> {
    let keyed = events.key_by(|e| e.who).lateness(minutes(wait));
    keyed.sliding(last_rows(3), (first(|e| e.n), last(|e| e.n), max_by(|e| e.n % 2, |e| e.at)))
}

/// Without a lateness records wait for the end.
#[job]
fn patient(events: Stream<Event>) -> (Stream<(Event, u64)>, Table<String, i64>) {
    let keyed = events.key_by(|e| e.who).named("id").at_end();
    let rank = keyed.rank();
    let fold = keyed.fold(1i64, |state, e| *state = state.wrapping_mul(3) + e.n).named("state");
    (rank, fold)
}

/// Alarms where a key is silent for 20 minutes, which count what came before; each goes off anew
/// after an hour.
#[job]
fn alarms(events: Stream<Event>, wait: i64) -> Stream<(String, Timestamp, i64, bool)> {
    events
        .key_by(|e| e.who)
        .lateness(minutes(wait))
        .process(0i64, |cx| {
            let time = cx.time().micros();
            match cx.record() {
                Some(record) => {
                    *cx.state += record.n;
                    cx.clear_timer("again");
                    cx.set_timer("silent", Timestamp::from_micros(time + 20 * 60_000_000));
                    if record.n == 4 {
                        cx.emit((cx.key().to_owned(), cx.time(), *cx.state, true));
                    }
                }
                None => {
                    cx.emit((cx.key().to_owned(), cx.time(), *cx.state, false));
                    cx.set_timer("again", Timestamp::from_micros(time + 60 * 60_000_000));
                }
            }
        })
        .map(|(who, at, n, by_record)| {
            let at = *at;
            (who.to_owned(), at, n, by_record)
        })
}

/// What a closure panics on has no effect on the state.
#[job]
fn fragile(events: Stream<Event>) -> (Stream<i64>, Table<String, i64>) {
    let keyed = events.key_by(|e| e.who).named("id").lateness(hours(100));
    let scan = keyed
        .scan(0i64, |sum, e| {
            *sum += e.n;
            assert!(e.n != 3, "three");
        })
        .named("sum");
    let fold = keyed
        .fold(0i64, |sum, e| {
            *sum += 1;
            assert!(e.n != -2 && *sum < 1_000, "minus two");
        })
        .named("count");
    (scan, fold)
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Price {
    #[record(event_time)]
    since: Timestamp,
    of: String,
    price: i64,
}

fn price() -> impl Strategy<Value = Price> {
    (strategy::time(), strategy::text(), 0i64..99).prop_map(|(since, of, price)| Price {
        since,
        of,
        price,
    })
}

#[job]
fn as_of(
    events: Stream<Event>,
    prices: Stream<Price>,
    wait: i64,
) -> Stream<(Event, Option<Price>)> {
    let prices = prices.key_by(|p| p.of).lateness(minutes(wait));
    events.key_by(|e| e.who).lateness(minutes(wait)).as_of_join(prices)
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn rule_8_records_are_seen_in_canonical_order(
        input in strategy::partitions(event()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 7, 60, 300]),
    ) {
        let left = check(timely)
            .input("events", input.clone())
            .param("wait", wait)
            .param("step", 2)
            .seed(seed)
            .agrees();
        let keys = in_order(&input, Some(wait));
        let each = || keys.values().flat_map(|records| records.iter().enumerate().map(move |(i, e)| (records, i, e)));
        left.expect("lag", each().map(|(all, i, e)| (e.clone(), i.checked_sub(2).map(|i| all[i].clone()))));
        left.expect("rank", each().map(|(_, i, e)| (e.clone(), i as u64 + 1)));
        let (mut dedup, mut scan, mut fold, mut reduce) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (who, records) in &keys {
            let (mut kept, mut sum) = (None::<i64>, 0);
            let mut state = Folded { count: 0, text: String::new() };
            let mut reduced: Option<Event> = None;
            for e in records {
                if kept.is_none_or(|kept| e.at.micros() > kept + 10 * MINUTE) {
                    kept = Some(e.at.micros());
                    dedup.push(e.clone());
                }
                sum = sum * 2 + e.n;
                scan.push(sum);
                state.text = format!("{}{}", e.n, &state.text[..state.text.len().min(6)]);
                state.count += 1;
                reduced = Some(match reduced {
                    Some(a) => Event { n: a.n * 2 - e.n, ..e.clone() },
                    None => e.clone(),
                });
            }
            fold.push((who.clone(), state));
            reduce.extend(reduced.map(|e| (who.clone(), e)));
        }
        left.expect("dedup", dedup);
        left.expect("scan", scan);
        left.expect("fold", fold);
        left.expect("reduce", reduce);
        left.expect("rows", each().map(|(all, i, e)| {
            let frame = &all[i.saturating_sub(2)..=i];
            let max = frame.iter().map(|e| e.n).filter(|n| *n != 0).max();
            (e.clone(), (frame.len() as u64, max))
        }));
        left.expect("span", each().map(|(all, i, e)| {
            let frame = all[..=i].iter().filter(|r| r.at.micros() + 30 * MINUTE > e.at.micros());
            (e.clone(), frame.map(|r| r.n).sum::<i64>())
        }));
    }

    #[test]
    fn records_wait_for_the_end(input in strategy::partitions(event()), seed: u64) {
        let left = check(patient).input("events", input.clone()).seed(seed).agrees();
        let keys = in_order(&input, None);
        left.expect("rank", keys.values().flat_map(|r| r.iter().cloned().zip(1u64..)));
        left.expect("fold", keys.into_iter().map(|(who, records)| {
            let state = records.iter().fold(1i64, |state, e| state.wrapping_mul(3) + e.n);
            (who, state)
        }));
    }

    #[test]
    fn rule_15_timers_fire_at_their_time_and_once_at_the_end(
        input in strategy::partitions(event()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 30, 300]),
    ) {
        let left =
            check(alarms).input("events", input.clone()).param("wait", wait).seed(seed).agrees();
        let greatest = input.iter().flatten().map(|e| e.at.micros()).max().unwrap_or(i64::MIN);
        let mut expected = Vec::new();
        for (who, records) in in_order(&input, Some(wait)) {
            let mut rows = Vec::new();
            let (mut sum, mut timers) = (0, BTreeMap::<String, i64>::new());
            let mut records = records.into_iter().peekable();
            loop {
                let timer = timers.iter().map(|(name, at)| (*at, name.clone())).min();
                let timer = timer.filter(|(at, _)| *at <= greatest);
                let record = records.next_if(|r| timer.as_ref().is_none_or(|t| r.at.micros() <= t.0));
                if let Some(r) = record {
                    sum += r.n;
                    timers.remove("again");
                    timers.insert("silent".to_owned(), r.at.micros() + 20 * MINUTE);
                    rows.extend((r.n == 4).then_some((r.at.micros(), sum, true)));
                } else if let Some((at, name)) = timer {
                    timers.remove(&name);
                    rows.push((at, sum, false));
                    timers.insert("again".to_owned(), at + 60 * MINUTE);
                } else {
                    break;
                }
            }
            rows.extend(timers.values().map(|at| (*at, sum, false)));
            expected.extend(rows.into_iter().map(|(at, n, by)| (who.clone(), Timestamp::from_micros(at), n, by)));
        }
        left.expect("alarms", expected);
    }

    #[test]
    fn the_first_and_last_of_a_frame_are_those_in_order(
        input in strategy::partitions(event()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 20, 300]),
    ) {
        let left = check(ends).input("events", input.clone()).param("wait", wait).seed(seed).agrees();
        let rows = in_order(&input, Some(wait)).into_values().flat_map(|events| {
            let row = |i: usize| {
                let frame = &events[i.saturating_sub(2)..=i];
                // Of several, `max_by_key` gives the last, and `max_by` the first.
                let greatest = frame.iter().rev().max_by_key(|e| e.n % 2).map(|e| e.at);
                let ends = (frame[0].n, events[i].n, greatest.unwrap_or(events[i].at));
                (events[i].clone(), ends)
            };
            (0..events.len()).map(row).collect::<Vec<_>>()
        });
        left.expect("ends", rows);
    }

    #[test]
    fn rule_18_a_panic_leaves_the_state_as_it_was(input in strategy::partitions(event()), seed: u64) {
        for policy in [OnError::Skip, OnError::DeadLetter] {
            let left =
                check(fragile).input("events", input.clone()).on_error(policy).seed(seed).agrees();
            let keys = in_order(&input, Some(6_000));
            let (mut scan, mut fold) = (Vec::new(), Vec::new());
            for (who, records) in keys {
                let mut sum = 0;
                for e in records.iter().filter(|e| e.n != 3) {
                    sum += e.n;
                    scan.push(sum);
                }
                let count = records.iter().filter(|e| e.n != -2).count() as i64;
                fold.extend((count > 0).then_some((who, count)));
            }
            left.expect("scan", scan);
            left.expect("fold", fold);
            let all = || input.iter().flatten();
            let errors = all().filter(|e| e.n == 3).count() + all().filter(|e| e.n == -2).count();
            prop_assert_eq!(left.errors(), errors as u64);
            if policy == OnError::DeadLetter {
                prop_assert_eq!(left.dead_letters().len(), errors);
                prop_assert!(left.dead_letters().iter().all(|letter| letter.input == "events"));
            }
        }
    }

    #[test]
    fn rule_12_a_record_meets_what_was_there_at_its_time(
        events in strategy::partitions(event()),
        prices in strategy::partitions(price()),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 20, 300]),
    ) {
        let left = check(as_of)
            .input("events", events.clone())
            .input("prices", prices.clone())
            .param("wait", wait)
            .seed(seed)
            .agrees();
        let mut versions = Vec::new();
        for (partition, prices) in prices.iter().enumerate() {
            for (offset, (price, seen)) in with_seen(prices.clone(), |p| p.since).enumerate() {
                if price.since.micros() + wait * MINUTE >= seen.micros() {
                    versions.push(((price.since, partition, offset), price));
                }
            }
        }
        versions.sort_by_key(|(place, _)| *place);
        let rows = in_order(&events, Some(wait)).into_values().flatten().map(|e| {
            let last = versions.iter().rev().find(|(_, p)| p.of == e.who && p.since <= e.at);
            (e, last.map(|(_, p)| p.clone()))
        });
        left.expect("as_of", rows);
    }
}

fn add(sum: &mut i64, event: &EventRef<'_>) {
    *sum += event.n;
}

/// A function by its name, and a closure that gives nothing.
#[job]
fn brief(events: Stream<Event>) -> (Stream<i64>, Stream<u64>) {
    let keyed = events.key_by(|_| ()).at_end();
    let sums = keyed.scan(0i64, add).named("sum");
    let silent = keyed.process(0u64, |cx| *cx.state += 1).named("nothing");
    (sums, silent)
}

#[test]
fn a_function_has_a_name_and_a_process_may_be_silent() {
    let event = |n: i64| Event { at: Timestamp::from_micros(n), who: String::new(), n };
    let left = check(brief).input("events", [3, 1, 2].map(event).to_vec()).agrees();
    left.expect("sums", [1i64, 3, 6]).expect("silent", [0u64; 0]);
}
