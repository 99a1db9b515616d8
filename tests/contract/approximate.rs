//! Sketches and histograms: estimates are the same in both modes, and those of the sketch alone over
//! a sorted group, whose error `dsl` tests.

use arrow::array::AsArray;
use ouzel::laws;
use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Request {
    #[record(event_time)]
    at: Timestamp,
    path: String,
    user: Option<String>,
    millis: Option<f64>,
    bytes: u32,
}

fn request() -> impl Strategy<Value = Request> {
    let path = prop::sample::select(vec!["", "/a", "/日本"]).prop_map(str::to_owned);
    let user = prop::option::of(strategy::text());
    let millis = prop::option::of(strategy::float());
    (strategy::time(), path, user, millis, 0u32..99_999)
        .prop_map(|(at, path, user, millis, bytes)| Request { at, path, user, millis, bytes })
}

#[derive(Debug, Record)]
struct Load {
    users: Approx<u64>,
    bodies: Approx<u64>,
    median: Option<Approx<f64>>,
    tail: Vec<Approx<f64>>,
    sizes: Vec<u64>,
    times: Vec<u64>,
    recent: Approx<f64>,
    recent_bytes: Approx<f64>,
    recent_count: Approx<f64>,
    hot: Approx<Vec<(u32, u64)>>,
    known: Approx<Bytes>,
    counts: Approx<Bytes>,
}

/// Each request counts for so many sizes of body, so that there is more than a few to count.
#[job]
fn load(
    requests: Stream<Request>,
    bodies: u32,
) -> (Table<String, Load>, Stream<(String, Approx<u64>)>) {
    let each =
        requests.flat_map(|r| (0..bodies).map(move |i| RequestRef { bytes: r.bytes + i, ..*r }));
    let load = each.key_by(|r| r.path).aggregate(Load {
        users: approx_count_distinct(|r| r.user),
        bodies: approx_count_distinct(|r| r.bytes),
        median: approx_quantile(0.5, |r| r.millis),
        tail: approx_quantiles([0.9, 0.99, 1.0], |r| r.bytes),
        sizes: histogram([1_000, 100, 100_000], |r| r.bytes),
        times: histogram([0.0, f64::INFINITY], |r| r.millis),
        recent: decayed_sum(minutes(7), |r| r.millis),
        recent_bytes: decayed_sum(seconds(2), |r| r.bytes),
        recent_count: decayed_count(hours(1)),
        hot: heavy_hitters(1.0, |r| r.bytes),
        known: bloom_filter(20, 0.1, |r| r.bytes),
        counts: count_min(0.2, |r| r.user),
    });
    let hours = requests
        .key_by(|r| r.path)
        .window(tumbling(hours(1)))
        .lateness(hours(9))
        .aggregate(approx_count_distinct(|r| r.user))
        .finals()
        .map(|f| (f.key, f.value))
        .named("users");
    (load, hours)
}

/// An aggregate over what a closure takes from a group's records.
fn alone<A: Aggregate>(aggregate: A, group: &[Request], value: fn(&Request) -> A::In) -> A::Out {
    laws::result(&aggregate, &group.iter().map(value).collect::<Vec<_>>()).unwrap()
}

/// The same of one that looks at event times.
fn alone_at<A: Aggregate>(aggregate: A, group: &[Request], value: fn(&Request) -> A::In) -> A::Out {
    laws::result_at(&aggregate, &group.iter().map(|r| (r.at, value(r))).collect::<Vec<_>>())
        .unwrap()
}

proptest! {
    #![proptest_config(strategy::cases(16))]

    #[test]
    fn estimates_are_those_of_the_sketch_alone(
        input in strategy::partitions(request()),
        seed: u64,
        bodies in prop::sample::select(vec![0u32, 1, 60]),
    ) {
        let check = check(load).input("requests", input.clone()).seed(seed);
        let left = check.param("bodies", bodies).agrees();
        let mut all = input.concat();
        all.sort_by_key(|r| r.bytes);
        let (mut paths, mut by_hour) = (BTreeMap::new(), BTreeMap::new());
        for request in all {
            let hour = request.at.micros().div_euclid(3_600_000_000);
            let in_hour: &mut Vec<Request> = by_hour.entry((request.path.clone(), hour)).or_default();
            in_hour.push(request.clone());
            let in_path: &mut Vec<Request> = paths.entry(request.path.clone()).or_default();
            in_path.extend((0..bodies).map(|i| Request { bytes: request.bytes + i, ..request.clone() }));
        }
        left.expect("load", paths.iter().filter(|_| bodies > 0).map(|(path, g)| {
            let between = |from: u32, to: u32| {
                g.iter().filter(|r| (from..to).contains(&r.bytes)).count() as u64
            };
            let times = |keep: fn(f64) -> bool| {
                g.iter().filter(|r| r.millis.is_some_and(keep)).count() as u64
            };
            (path.clone(), Load {
                users: alone(approx_count_distinct(Arg::<Option<String>>::new()), g, |r| {
                    r.user.clone()
                }),
                bodies: alone(approx_count_distinct(Arg::<u32>::new()), g, |r| r.bytes),
                median: alone(approx_quantile(0.5, Arg::<Option<f64>>::new()), g, |r| r.millis),
                tail: alone(approx_quantiles([0.9, 0.99, 1.0], Arg::<u32>::new()), g, |r| r.bytes),
                sizes: vec![
                    between(0, 100),
                    between(100, 1_000),
                    between(1_000, 100_000),
                    between(100_000, u32::MAX),
                ],
                times: vec![
                    times(|m| m < 0.0 || (m == 0.0 && m.is_sign_negative())),
                    times(|m| m >= 0.0 && m.is_sign_positive() && m.is_finite()),
                    times(|m| m == f64::INFINITY || m.is_nan()),
                ],
                recent: alone_at(decayed_sum(minutes(7), Arg::<Option<f64>>::new()), g, |r| r.millis),
                recent_bytes: alone_at(decayed_sum(seconds(2), Arg::<u32>::new()), g, |r| r.bytes),
                recent_count: alone_at(decayed_count(hours(1)), g, |_| ()),
                hot: alone(heavy_hitters(1.0, Arg::<u32>::new()), g, |r| r.bytes),
                known: alone(bloom_filter(20, 0.1, Arg::<u32>::new()), g, |r| r.bytes),
                counts: alone(count_min(0.2, Arg::<Option<String>>::new()), g, |r| r.user.clone()),
            })
        }));
        left.expect("hours", by_hour.into_iter().map(|((path, _), g)| {
            (path, alone(approx_count_distinct(Arg::<Option<String>>::new()), &g, |r| r.user.clone()))
        }));
    }
}

#[job]
fn beyond(requests: Stream<Request>, q: f64) -> Table<String, (u64, Option<Approx<f64>>)> {
    requests.key_by(|r| r.path).aggregate((count(), approx_quantile(q, |r| r.millis)))
}

#[test]
fn a_quantile_beyond_one_is_told_before_the_first_record() {
    let plan = |q: &str| <beyond as Job>::plan(&ouzel::Params::new().with("q", q));
    assert!(plan("1").is_ok());
    for q in ["99", "-0.1", "NaN"] {
        let said = plan(q).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            said.contains(&format!("a quantile is a number from 0 to 1, and not {q}")),
            "{said}"
        );
        assert!(said.contains("approximate.rs:"), "{said}");
    }
}

#[job]
fn sketches(requests: Stream<Request>) -> Table<(), (Approx<Bytes>, Approx<Bytes>)> {
    requests
        .key_by(|_| ())
        .aggregate((bloom_filter(1_000, 0.01, |r| r.bytes), count_min(0.01, |r| r.user)))
}

#[test]
fn sketches_can_be_asked_outside_of_a_job() {
    let request = |bytes: u32| Request {
        at: Timestamp::from_micros(0),
        path: String::new(),
        user: (!bytes.is_multiple_of(3)).then(|| format!("user {}", bytes % 3)),
        millis: None,
        bytes,
    };
    let requests = (0..600).map(request);
    let outcome = ouzel::run::<sketches>().input_rows("requests", requests).execute().unwrap();
    let bytes = |column: &str| {
        let column = outcome.outputs["sketches"][0].column_by_name(column).unwrap();
        column.as_binary::<i32>().value(0).to_vec()
    };
    let known = BloomFilter::read(&bytes("bloom_filter_bytes")).unwrap();
    assert!((0..600u32).all(|bytes| known.contains(bytes)));
    let others = (600..10_600u32).filter(|bytes| known.contains(*bytes)).count();
    assert!(others < 100, "{others} of 10000 others");
    let counts = CountMin::read(&bytes("count_min_user")).unwrap();
    assert_eq!((counts.count("user 1"), counts.count("user 2"), counts.total()), (200, 200, 400));
}

#[job]
fn wrong_sketches(
    requests: Stream<Request>,
    rate: f64,
    error: f64,
    share: f64,
) -> Table<(), (Approx<Bytes>, Approx<Bytes>, Approx<Vec<(u32, u64)>>)> {
    requests.key_by(|_| ()).aggregate((
        bloom_filter(1_000, rate, |r| r.bytes),
        count_min(error, |r| r.user),
        heavy_hitters(share, |r| r.bytes),
    ))
}

#[test]
fn sketches_that_cannot_be_are_told_before_the_first_record() {
    let plan = |rate: f64, error: f64, share: f64| {
        let params = ouzel::Params::new().with("rate", rate);
        let params = params.with("error", error).with("share", share);
        <wrong_sketches as Job>::plan(&params).err().map(|error| error.to_string())
    };
    let says = |said: Option<String>, what: &str| {
        assert!(said.as_ref().is_some_and(|said| said.contains(what)), "{said:?}");
    };
    assert_eq!(plan(0.01, 0.01, 0.01), None);
    says(plan(1.0, 0.01, 0.01), "a rate of wrong answers is between 0 and 1, and not 1");
    says(plan(0.01, 0.0, 0.01), "the error of a Count-Min sketch is from 0.000001 to 1, and not 0");
    says(plan(0.01, 0.01, 2.0), "a share is from 0.0001 to 1, and not 2");
}
