//! Flows: parts of jobs, fused into the jobs that call them.

use ouzel::prelude::*;
use ouzel_testkit::{check, plain};
use ouzel_tests::{Departure, hourly, inner, tidy};
use std::collections::BTreeMap;

mod parts {
    use ouzel::prelude::*;
    use ouzel_tests::Departure;

    /// Departures that were late, and the others.
    #[flow]
    pub fn split(
        departures: Stream<Departure>,
        limit: i64,
    ) -> (Stream<Departure>, Stream<Departure>) {
        let twice = limit.saturating_mul(2);
        let late = departures.filter(|d| d.delay > Some(twice)).named("late");
        let others = departures.filter(|d| d.delay.is_none_or(|delay| delay <= twice));
        (late, others)
    }

    /// How many there are of each carrier, and their greatest delay.
    #[flow]
    pub(super) fn by_carrier(departures: Stream<Departure>) -> Table<String, (u64, Option<i64>)> {
        departures.key_by(|d| d.carrier).aggregate((count(), max(|d| d.delay)))
    }
}

use parts::{by_carrier, split};

/// A flow that calls others.
#[flow]
fn late_by_carrier(departures: Stream<Departure>, limit: i64) -> Table<String, (u64, Option<i64>)> {
    let (late, _) = split(tidy(departures), limit);
    by_carrier(late)
}

/// Two inputs, each made tidy.
#[job]
fn both(
    left: Stream<Departure>,
    right: Stream<Departure>,
    limit: i64,
) -> (Stream<Departure>, Stream<Departure>, Table<String, (u64, Option<i64>)>) {
    let twice = 3;
    let left = tidy(left);
    let all = left.merge(tidy(right)).filter(|d| d.carrier.len() < 10 * twice);
    let (late, others) = split(all, limit);
    let (later, _) = split(others, limit - 10);
    let carriers = by_carrier(late);
    (late, later, carriers)
}

#[test]
fn flows_are_part_of_the_job() {
    let checked = check(both).param("limit", 20);
    checked.any::<Departure>("left").any::<Departure>("right").check_limit(20);
}

trait CheckLimit {
    fn check_limit(self, limit: i64);
}

impl CheckLimit for ouzel_testkit::Property {
    fn check_limit(self, limit: i64) {
        self.cases(8).property(|case| {
            let all = [case.records::<Departure>("left"), case.records::<Departure>("right")];
            let all: Vec<_> = all.concat().into_iter().filter(|d| d.delay.is_some()).collect();
            let all = all.into_iter().filter(|d| (1..30).contains(&d.carrier.len()));
            let (late, others): (Vec<_>, Vec<_>) = all.partition(|d| d.delay > Some(limit * 2));
            let later = others.into_iter().filter(|d| d.delay > Some((limit - 10) * 2));
            let mut carriers = BTreeMap::<String, (u64, Option<i64>)>::new();
            for departure in &late {
                let (count, greatest) = carriers.entry(departure.carrier.clone()).or_default();
                *count += 1;
                *greatest = (*greatest).max(departure.delay);
            }
            case.expect("later", later.collect::<Vec<_>>());
            case.expect("late", late);
            case.expect("carriers", carriers);
        });
    }
}

/// A flow that is generic over its record, from another crate, by its path.
#[job]
fn generic(departures: Stream<Departure>) -> Stream<Departure> {
    let late = inner::tidy(departures, 10);
    inner::tidy::<Departure>(late, 20)
}

#[test]
fn a_flow_is_generic_over_the_record() {
    check(generic).any::<Departure>("departures").property(|case| {
        let all = case.records::<Departure>("departures").into_iter();
        case.expect("generic", all.filter(|d| d.delay >= Some(20)).collect::<Vec<_>>());
    });
}

/// A flow that calls flows.
#[job]
fn crossed(departures: Stream<Departure>) -> Table<String, (u64, Option<i64>)> {
    late_by_carrier(departures, 7)
}

#[test]
fn a_flow_calls_flows() {
    check(crossed).any::<Departure>("departures").cases(8).property(|case| {
        let all = case.records::<Departure>("departures").into_iter();
        let mut carriers = BTreeMap::<String, (u64, Option<i64>)>::new();
        for departure in all.filter(|d| d.delay > Some(14) && !d.carrier.is_empty()) {
            let (count, greatest) = carriers.entry(departure.carrier).or_default();
            *count += 1;
            *greatest = (*greatest).max(departure.delay);
        }
        case.expect("crossed", carriers);
    });
}

/// A flow whose own scope goes with it.
#[job]
fn scoped(departures: Stream<Departure>) -> Table<Windowed<String>, (u64, Option<i64>)> {
    hourly(departures, 5)
}

#[test]
fn what_a_flow_uses_goes_with_it() {
    check(scoped).any::<Departure>("departures").property(|case| {
        let all = case.records::<Departure>("departures").into_iter();
        let mut hourly = BTreeMap::<_, (u64, Option<i64>)>::new();
        for d in all.filter(|d| d.delay >= Some(5)) {
            for window in plain::windows(d.scheduled, hours(1), hours(1)) {
                let key = (d.carrier.clone(), window.start, window.end);
                let (count, longest) = hourly.entry(key).or_default();
                *count += 1;
                *longest = (*longest).max(d.delay);
            }
        }
        let row = |((key, start, end), value)| {
            let window = Window { start, end };
            (Windowed { key, window }, value)
        };
        case.expect("scoped", hourly.into_iter().map(row));
    });
}

/// Departures by carrier.
#[flow]
fn keyed(departures: Stream<Departure>) -> Keyed<String, Departure> {
    departures.key_by(|d| d.carrier)
}

/// The greatest delay of each carrier that has so many departures.
#[flow]
fn greatest(
    keyed: Keyed<String, Departure>,
    counts: Table<String, u64>,
    least: u64,
) -> Table<String, (Option<i64>, u64)> {
    let named = format!("at least {least}");
    let maximum = keyed.aggregate(max(|d| d.delay));
    maximum.join(counts).filter(|(_, (_, n))| *n >= least && named == format!("at least {least}"))
}

/// Two calls of each, with values of the same names.
#[job]
fn frequent(
    departures: Stream<Departure>,
    least: u64,
) -> (Table<String, (Option<i64>, u64)>, Table<String, (Option<i64>, u64)>) {
    let named = least.saturating_add(1);
    let keyed = keyed(departures);
    let counts = keyed.aggregate(count());
    let frequent = greatest(keyed, counts, least);
    let more = greatest(keyed, counts.filter(|(_, n)| *n != least), named.min(3));
    (frequent, more)
}

#[test]
fn flows_take_and_give_keyed_streams_and_tables() {
    check(frequent).param("least", 2).any::<Departure>("departures").cases(8).property(|case| {
        let mut all = BTreeMap::<String, (Option<i64>, u64)>::new();
        for departure in case.records::<Departure>("departures") {
            let (greatest, count) = all.entry(departure.carrier).or_default();
            *greatest = (*greatest).max(departure.delay);
            *count += 1;
        }
        let at_least = |least| all.clone().into_iter().filter(move |(_, (_, n))| *n >= least);
        case.expect("frequent", at_least(2));
        case.expect("more", at_least(3));
    });
}

/// Each operator's id, and where it is written.
fn operators(plan: &ouzel::Plan) -> Vec<String> {
    plan.operators.iter().map(|o| format!("{} {} {}", o.id, o.site.file, o.kind)).collect()
}

#[test]
fn operators_of_flows_have_ids_and_sites_of_their_own() {
    let plan = both::plan(&ouzel::Params::new().with("limit", 3)).unwrap();
    let (here, there) = ("tests/flows/main.rs", "tests/src/lib.rs");
    let expected = [
        format!("left {here} source"),
        format!("right {here} source"),
        format!("left.filter {there} filter"),
        format!("left.filter2 {there} filter"),
        format!("all.filter {there} filter"),
        format!("all.filter2 {there} filter"),
        format!("all.merge {here} merge"),
        format!("all.filter3 {here} filter"),
        format!("split.late {here} filter"),
        format!("split.others.filter {here} filter"),
        format!("split2.late {here} filter"),
        format!("split2.others.filter {here} filter"),
        format!("carriers.key_by {here} key_by"),
        format!("carriers.aggregate {here} aggregate"),
    ];
    assert_eq!(operators(&plan), expected);
    let line = |id: &str| plan.operators.iter().find(|o| o.id == id).map(|o| o.site.line);
    assert_eq!(line("left.filter"), Some(tidy_line()));
    assert_eq!(line("split.late"), line("split2.late"));
    let fingerprint = |id: &str| plan.operators.iter().find(|o| o.id == id).map(|o| o.fingerprint);
    assert_ne!(fingerprint("split.late"), fingerprint("split2.late"), "they take other values");
    // One stage from each input to the exchange, in which the flows are fused.
    assert_eq!(plan.stages.len(), 2);
}

fn tidy_line() -> u32 {
    let source = include_str!("../src/lib.rs").lines();
    1 + source.take_while(|line| !line.contains("departures.filter")).count() as u32
}

#[test]
fn fields_are_read_through_flows() {
    let plan = crossed::plan(&ouzel::Params::new()).unwrap();
    let source = &plan.sources[0];
    let read: Vec<_> =
        source.read.iter().map(|field| source.fields[*field].name.as_str()).collect();
    assert_eq!(read, ["carrier", "delay"]);
}

#[test]
fn mistakes_in_flows_are_told_in_the_authors_words() {
    trybuild::TestCases::new().compile_fail("ui/flow/*.rs");
}
