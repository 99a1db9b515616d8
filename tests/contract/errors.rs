//! Rule 18: an error belongs to one operator and one record of it, and everything else goes on.

use ouzel::Mode;
use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;

#[derive(Clone, Debug, Record)]
struct Number {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn numbers(all: &[i64]) -> Vec<Vec<Number>> {
    let at = Timestamp::from_micros(0);
    all.chunks(2).map(|part| part.iter().map(|n| Number { at, n: *n }).collect()).collect()
}

fn odd(n: i64) -> i64 {
    assert!(n % 2 != 0, "{n} is even");
    n
}

#[job]
fn used_twice(numbers: Stream<Number>) -> (Stream<i64>, Stream<i64>, Table<(), u64>) {
    let first = numbers.map(|r| odd(r.n)).named("first");
    let second = numbers.map(|r| r.n * 10).named("second");
    let counts = numbers.key_by(|_| ()).aggregate(count());
    (first, second, counts)
}

#[test]
fn a_panic_in_one_consumer_does_not_stop_the_others() {
    let check = check(used_twice).input("numbers", numbers(&[1, 2, 3, 4, 5]));
    let error = check.fails().to_string();
    assert!(error.contains("2 is even") || error.contains("4 is even"), "{error}");
    let left = check.on_error(OnError::DeadLetter).agrees();
    left.expect("first", [1i64, 3, 5]).expect("second", [10i64, 20, 30, 40, 50]);
    left.expect("counts", [((), 5u64)]);
    assert_eq!((left.totals("first").errors, left.errors()), (2, 2));
    assert!(left.dead_letters().iter().all(|l| l.operator == "first"));
    assert!(left.dead_letters()[0].error.contains("errors.rs"));
}

#[job]
fn yielding(numbers: Stream<Number>) -> (Stream<i64>, Stream<i64>) {
    let made = numbers.flat_map(|r| {
        let n = r.n;
        (0..n).map(move |i| if i == 2 { panic!("the third of {n}") } else { i })
    });
    let made = made.named("made");
    let checked = made.map(|i| if *i == 0 { panic!("zero") } else { *i }).named("checked");
    (made, checked)
}

#[test]
fn a_flat_map_keeps_what_it_had_yielded_and_each_of_it_fails_alone() {
    let left =
        check(yielding).input("numbers", numbers(&[1, 5, 2, 0])).on_error(OnError::Skip).agrees();
    left.expect("made", [0i64, 0, 1, 0, 1]).expect("checked", [1i64, 1]);
    assert_eq!((left.totals("made").errors, left.totals("checked").errors), (1, 3));
}

#[job]
fn arguments(numbers: Stream<Number>) -> Table<(), (u64, i64, Option<i64>)> {
    numbers.key_by(|_| ()).aggregate((
        count(),
        sum(|r| r.n),
        max(|r| Some(odd(r.n))).named("greatest"),
    ))
}

#[test]
fn all_arguments_of_an_aggregate_are_evaluated_before_any_is_added() {
    let check = check(arguments).input("numbers", numbers(&[1, 2, 3, 4]));
    let left = check.clone().on_error(OnError::Skip).agrees();
    left.expect("arguments", [((), (2u64, 4i64, Some(3i64)))]);
    assert_eq!(left.totals("arguments.aggregate").errors, 2);
}

#[job]
fn keyed_by_odd(numbers: Stream<Number>) -> Table<i64, u64> {
    numbers.key_by(|r| odd(r.n)).named("key").aggregate(count())
}

#[test]
fn a_panic_in_a_key_is_that_operators() {
    let left =
        check(keyed_by_odd).input("numbers", numbers(&[1, 2, 1])).on_error(OnError::Skip).agrees();
    left.expect("keyed_by_odd", [(1i64, 2u64)]);
    assert_eq!(left.totals("key").errors, 1);
}

/// A sum that cannot bear what it is told not to.
#[derive(Clone)]
struct Touchy {
    zero: bool,
    add: bool,
    merge: bool,
    finish: bool,
    read: bool,
    odd: bool,
}

fn touchy(_: Arg<i64>, step: &str) -> Touchy {
    let is = |name| step == name;
    Touchy {
        zero: is("zero"),
        add: is("add"),
        merge: is("merge"),
        finish: is("finish"),
        read: is("read"),
        odd: is("odd"),
    }
}

impl Aggregate for Touchy {
    type In = i64;
    type Acc = (i64, i64);
    type Out = i64;

    fn zero(&self) -> (i64, i64) {
        assert!(!self.zero, "cannot begin");
        (0, 0)
    }

    fn add(&self, acc: &mut (i64, i64), n: i64) {
        acc.0 += n;
        assert!(!self.add || n != 4, "cannot add 4");
        acc.1 += n;
    }

    fn merge(&self, acc: &mut (i64, i64), other: (i64, i64)) {
        *acc = (acc.0 + other.0, acc.1 + other.1);
        assert!(!self.merge || acc.0 != 10, "cannot merge to 10");
    }

    fn finish(&self, acc: &(i64, i64)) -> Result<i64, String> {
        assert!(!self.read, "cannot be read at all");
        assert!(!self.odd || acc.0 % 2 == 0, "cannot be read yet");
        if self.finish {
            return Err("cannot be read".to_owned());
        }
        Ok(acc.0 - acc.1)
    }
}

#[job]
fn touched(numbers: Stream<Number>, step: String) -> Table<(), i64> {
    numbers.key_by(|_| ()).aggregate(touchy(|r| r.n, &step).named("touched"))
}

#[test]
fn an_error_in_reading_an_aggregate_always_fails_the_job() {
    for policy in [OnError::Fail, OnError::Skip, OnError::DeadLetter] {
        let check = check(touched).input("numbers", numbers(&[1, 2, 3, 4])).on_error(policy);
        let error = check.param("step", "finish").fails().to_string();
        assert!(error.contains("cannot be read") && error.contains("errors.rs:"), "{error}");
    }
}

#[test]
fn a_panic_in_an_aggregate_fails_the_job_at_its_operator() {
    let steps = [
        ("zero", "cannot begin"),
        ("add", "cannot add 4"),
        ("merge", "cannot merge to 10"),
        ("read", "cannot be read at all"),
    ];
    let input: Vec<_> =
        numbers(&[1, 2, 3, 4]).into_iter().map(|part| vec![ouzel_testkit::batch(part)]).collect();
    for policy in [OnError::Fail, OnError::Skip, OnError::DeadLetter] {
        for (step, said) in steps {
            for (mode, memory_bytes) in [
                (Mode::Batch, 1 << 30),
                (Mode::Batch, 1),
                (Mode::Stream, 1 << 30),
                (Mode::Stream, 1),
            ] {
                let run = ouzel::run::<touched>().mode(mode).on_error(policy).param("step", step);
                let run = run.config(|config| config.memory_bytes = memory_bytes);
                let run = run.input("numbers", input.clone());
                let error = run.execute().unwrap_err().to_string();
                let (site, message) = error.split_once(": panicked at ").expect(&error);
                assert!(site.contains("errors.rs:") && site.ends_with(" aggregate"), "{error}");
                assert!(message.contains("errors.rs:") && message.ends_with(said), "{error}");
            }
        }
    }
}

#[test]
fn a_result_that_cannot_be_read_yet_is_no_error() {
    let check = check(touched).input("numbers", numbers(&[1, 2, 3, 4]));
    check.param("step", "odd").agrees().expect("touched", [((), 0i64)]);
}

/// Windows with several consumers.
#[job]
fn windowed(
    numbers: Stream<Number>,
) -> (Table<Windowed<()>, u64>, Table<Windowed<()>, u64>, Stream<Number>) {
    let hourly = numbers.key_by(|_| ()).window(tumbling(hours(1)));
    let ever = hourly.aggregate(count());
    let timely = hourly.lateness(hours(1));
    let late = timely.late();
    let in_time = timely.aggregate(count());
    (ever, in_time, late)
}

#[test]
fn a_record_that_no_window_can_hold_fails_once() {
    let at = Timestamp::from_micros(i64::MAX);
    let left = check(windowed)
        .input("numbers", vec![vec![Number { at, n: 1 }]])
        .on_error(OnError::DeadLetter)
        .agrees();
    assert_eq!((left.errors(), left.dead_letters().len()), (1, 1));
}

#[job]
fn fused(numbers: Stream<Number>) -> Stream<i64> {
    numbers
        .filter(|r| r.n != 0)
        .map(|r| 12 / (r.n - 1))
        .named("divided")
        .filter_map(|n| (*n >= 0).then_some(*n))
        .named("kept")
}

#[test]
fn an_error_is_counted_at_its_operator_however_they_are_fused() {
    let left = check(fused)
        .input("numbers", numbers(&[0, 1, 2, -1, 4]))
        .on_error(OnError::DeadLetter)
        .agrees();
    left.expect("fused", [12i64, 4]);
    assert_eq!((left.totals("divided").errors, left.totals("divided").records_in), (1, 4));
    assert_eq!((left.totals("divided").records_out, left.totals("kept").records_out), (3, 2));
    assert!(left.dead_letters()[0].error.contains("divide by zero"));
}

#[test]
fn a_policy_may_be_of_one_operator() {
    for mode in [Mode::Batch, Mode::Stream] {
        let run = || {
            let batches: Vec<_> =
                numbers(&[1, 2, 3]).into_iter().map(ouzel_testkit::batch).collect();
            ouzel::run::<used_twice>().mode(mode).input("numbers", batches)
        };
        let left = run().on_error_of("first", OnError::Skip).execute().unwrap();
        assert_eq!(left.lines("first").len(), 2);
        let strict = run().on_error(OnError::Skip).on_error_of("first", OnError::Fail);
        assert!(strict.execute().unwrap_err().to_string().contains("2 is even"));
        let misspelt = run().on_error_of("firsty", OnError::Skip).execute().unwrap_err();
        assert!(misspelt.to_string().contains("did you mean `first`?"), "{misspelt}");
    }
}
