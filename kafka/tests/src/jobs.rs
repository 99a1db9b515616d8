//! Jobs that several tests run, and the program that is killed.

use ouzel::prelude::*;

/// An event.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Event {
    /// When.
    #[record(event_time, unit = "ms")]
    pub at: Timestamp,
    /// Whose.
    pub who: String,
    /// How much.
    pub n: i64,
}

impl Event {
    /// An event at so many seconds.
    pub fn new(second: i64, who: impl Into<String>, n: i64) -> Event {
        Event { at: Timestamp::from_micros(second * 1_000_000), who: who.into(), n }
    }

    /// As an object of JSON.
    pub fn json(&self) -> String {
        let Event { at, who, n } = self;
        format!(r#"{{"at":{},"who":"{who}","n":{n}}}"#, at.micros() / 1_000)
    }
}

/// Events as they are.
#[job]
pub fn copied(events: Stream<Event>) -> Stream<Event> {
    events.filter(|e| e.n > i64::MIN)
}

/// A total of each, and all that is odd.
#[job]
pub fn totals(events: Stream<Event>) -> (Table<String, (u64, i64)>, Stream<Event>) {
    let totals = events.key_by(|e| e.who).aggregate((count(), sum(|e| e.n)));
    let odd = events.filter(|e| e.n % 2 != 0);
    (totals, odd)
}

/// How many have each total: rows go when no one has it any more.
#[job]
pub fn by_total(events: Stream<Event>) -> Table<i64, u64> {
    let totals = events.key_by(|e| e.who).aggregate(sum(|e| e.n));
    totals.group_by(|(_, n)| *n).named("total").aggregate(count())
}

/// Windows that close, what they give for good, and what comes too late; sessions.
#[job]
#[allow(clippy::type_complexity)]
pub fn windows(
    events: Stream<Event>,
) -> (
    Table<Windowed<String>, (u64, i64)>,
    Stream<Final<String, (u64, i64)>>,
    Stream<Event>,
    Stream<Final<String, u64>>,
    Stream<Final<i64, i64>>,
    Table<Timestamp, (u64, i64)>,
) {
    let keyed = events.key_by(|e| e.who);
    let minutely = keyed.window(tumbling(minutes(1))).lateness(seconds(20));
    let late = minutely.late();
    let table = minutely.aggregate((count(), sum(|e| e.n)));
    let finals = table.finals();
    let sessions = keyed.window(session(seconds(40))).lateness(seconds(20));
    let sessions = sessions.aggregate(count()).finals();
    let hourly = finals.key_by(|f| f.value.0 as i64 % 3).named("kind");
    let hourly = hourly.window(tumbling(minutes(10))).lateness(minutes(1));
    let hourly = hourly.aggregate(sum(|f| f.value.1)).finals();
    let spread = table
        .group_by(|(key, _)| key.window.start)
        .named("minute")
        .aggregate((count(), sum(|(_, (_, n))| *n).named("n")));
    (table, finals, late, sessions, hourly, spread)
}

/// What depends on order.
#[job]
#[allow(clippy::type_complexity)]
pub fn ordered(
    events: Stream<Event>,
) -> (
    Stream<(Event, Option<Event>)>,
    Stream<(Event, u64)>,
    Stream<Event>,
    Stream<i64>,
    Table<String, i64>,
    Stream<(Event, i64)>,
    Stream<(String, Timestamp, i64)>,
) {
    let keyed = events.key_by(|e| e.who).named("id").lateness(seconds(20));
    let lag = keyed.lag(2);
    let rank = keyed.rank();
    let dedup = keyed.dedup(minutes(1));
    let scan = keyed.scan(0i64, |sum, e| *sum = (*sum * 3 + e.n) % 1009).named("sum");
    let fold = keyed.fold(0i64, |sum, e| *sum = sum.wrapping_mul(5) + e.n).named("state");
    let span = keyed.sliding(last_span(minutes(2)), sum(|e| e.n));
    let alarms = keyed.process(0i64, |cx| match cx.record() {
        Some(record) => {
            *cx.state += record.n;
            let silent = Timestamp::from_micros(cx.time().micros() + 45_000_000);
            cx.set_timer("silent", silent);
        }
        None => cx.emit((cx.key().to_owned(), cx.time(), *cx.state)),
    });
    let alarms = alarms.map(|(who, at, n)| {
        let at = *at;
        (who.to_owned(), at, n)
    });
    (lag, rank, dedup, scan, fold, span, alarms)
}

/// Tables that change, and are joined.
#[job]
#[allow(clippy::type_complexity)]
pub fn tables(
    events: Stream<Event>,
    names: Stream<Event>,
) -> (
    Table<String, (u64, i64)>,
    Table<i64, (u64, i64)>,
    Table<u64, u64>,
    Table<String, Vec<i64>>,
    Table<String, Event>,
    Table<String, (Event, String)>,
    Table<String, ((u64, i64), Option<Event>)>,
    Table<String, ()>,
) {
    let totals = events.key_by(|e| e.who).aggregate((count(), sum(|e| e.n)));
    let kinds = totals
        .group_by(|(_, (_, n))| n.rem_euclid(7))
        .named("kind")
        .aggregate((count(), sum(|(_, (_, n))| *n).named("n")));
    let sizes = kinds.group_by(|(_, (people, _))| *people).named("people").aggregate(count());
    let best = events.key_by(|e| e.who).aggregate(top_k(3, |e| e.n));
    let last = events.key_by(|e| e.who).named("id").latest();
    let by_number = names.key_by(|e| e.n).latest().map(|(_, e)| e.who).named("name");
    let named = last.join_on(|(_, e)| e.n.rem_euclid(5), by_number);
    let last_name = names.key_by(|e| e.who).named("id2").latest();
    let both = totals.left_join(last_name);
    let known = events.key_by(|e| e.who).distinct();
    (totals, kinds, sizes, best, last, named, both, known)
}

/// Joins of streams.
#[job]
#[allow(clippy::type_complexity)]
pub fn joins(
    events: Stream<Event>,
    others: Stream<Event>,
) -> (
    Stream<(Event, Event)>,
    Stream<(Event, Event)>,
    Stream<(Event, Option<Event>)>,
    Stream<(Event, Event)>,
    Stream<Event>,
    Stream<(Event, Option<Event>)>,
) {
    let near = others.filter(|e| e.n % 4 == 0).key_by(|e| e.who);
    let all = events.filter(|e| e.n % 5 == 0).key_by(|e| e.who).join(near);
    let left = events.key_by(|e| e.who).lateness(seconds(20));
    let right = others.key_by(|e| e.who).lateness(seconds(20));
    let between = right.between(seconds(-10), seconds(20));
    let interval = left.join(between);
    let alone = left.left_join(between);
    let windowed = events.key_by(|e| e.who).window(tumbling(minutes(1))).lateness(seconds(20));
    let other = others.key_by(|e| e.who).window(tumbling(minutes(1))).lateness(seconds(20));
    let windowed = windowed.join(other);
    let anti = left.anti_join(between);
    let as_of = left.as_of_join(right);
    (all, interval, alone, windowed, anti, as_of)
}
