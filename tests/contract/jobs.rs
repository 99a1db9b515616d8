use ouzel::Params;
use ouzel::prelude::*;

#[derive(Record)]
pub struct Flight {
    #[record(event_time)]
    pub scheduled: Timestamp,
    pub carrier: String,
    pub dep_delay: Option<f64>,
}

/// Departures and mean delay by carrier and hour.
#[job]
pub fn delays(flights: Stream<Flight>) -> Table<Windowed<String>, (u64, Option<f64>)> {
    flights
        .filter(|f| f.dep_delay.is_some())
        .key_by(|f| f.carrier)
        .window(tumbling(hours(1)))
        .aggregate((count(), mean(|f| f.dep_delay)))
}

#[derive(Record)]
pub struct Out {
    pub name: String,
    pub n: i64,
}

#[derive(Record)]
pub struct Stats {
    pub flights: u64,
    pub mean: Option<f64>,
}

#[job]
pub fn many(
    flights: Stream<Flight>,
    other: Stream<Flight>,
    least: f64,
) -> (
    Stream<Out>,
    Table<String, Stats>,
    Stream<Final<(), i64>>,
    Stream<Flight>,
    Table<i32, u64>,
    Table<Windowed<Timestamp>, i64>,
) {
    let twice = least * 2.0;
    let all = flights.merge(other).filter(|f| f.dep_delay > Some(least));
    let outs = all
        .map(|f| OutRef { name: f.carrier, n: 1 + (twice as i64) })
        .inspect(|o| assert!(!o.name.contains('\0')));
    let words = all
        .flat_map(|f| f.carrier.split(' '))
        .filter_map(|w| w.parse::<i64>().ok())
        .try_map(|n: &i64| -> Result<_, std::num::TryFromIntError> {
            let m = i32::try_from(*n)?;
            Ok(m)
        })
        .map(|n| *n);
    let stats = all
        .key_by(|f| f.carrier)
        .aggregate(Stats { flights: count(), mean: mean(|f| f.dep_delay) });
    let w = flights.key_by(|_| ()).window(hopping(hours(2), hours(1))).lateness(minutes(5));
    let late = w.late();
    let finals = w.aggregate(sum(|f| f.dep_delay.unwrap_or(0.0) as i64)).finals();
    let again =
        finals.key_by(|f| f.window.start).window(tumbling(days(1))).aggregate(max(|f| f.value));
    let words = words.key_by(|n| *n).named("n").aggregate(count());

    (outs, stats, finals, late, words, again)
}

#[test]
fn plans() {
    let plan = <delays as Job>::plan(&Params::new()).unwrap();
    assert!(plan.operators.iter().all(|o| !o.id.is_empty()));
    let plan = <many as Job>::plan(&Params::new().with("least", 3.0)).unwrap();
    let notes = |kind| {
        let of_kind = plan.operators.iter().filter(|o| o.kind == kind);
        of_kind.map(|o| o.note.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(notes("window"), ["windows of 2h every 1h", "windows of 1d"]);
    assert_eq!(notes("lateness"), ["late 5min after a window's end"]);
    assert_eq!(notes("finals"), ["begins a stage: its rows come when windows close"]);
    for note in notes("aggregate") {
        assert!(note.contains("not fused with what follows"), "{note}");
    }
}
