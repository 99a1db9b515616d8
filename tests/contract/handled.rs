//! Errors of operators as streams, which the job handles, against plain twins.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Record)]
struct Line {
    #[record(event_time)]
    at: Timestamp,
    text: String,
}

fn lines(texts: &[&str]) -> Vec<Vec<Line>> {
    let line = |(i, text): (usize, &&str)| Line {
        at: Timestamp::from_micros(i as i64 * 1_000_000),
        text: (*text).to_owned(),
    };
    let all: Vec<_> = texts.iter().enumerate().map(line).collect();
    all.chunks(3).map(<[Line]>::to_vec).collect()
}

const TEXTS: [&str; 9] = ["1", "two", "3", "", "500", "6", "bad", "two", "-4"];

#[job]
#[allow(clippy::type_complexity)]
fn parsed(
    lines: Stream<Line>,
) -> (Stream<i64>, Stream<Failed<Line>>, Table<Windowed<String>, u64>, Stream<String>) {
    let numbers = lines.try_map(|l| l.text.parse::<i64>()).named("number");
    let failed = numbers.errors();
    let by_text = failed.key_by(|f| f.record.text).window(tumbling(seconds(4))).aggregate(count());
    let why = failed.map(|f| f.error).named("why");
    (numbers, failed, by_text, why)
}

#[test]
fn what_fails_is_a_stream_with_event_times_and_no_policy() {
    let left = check(parsed).input("lines", lines(&TEXTS)).agrees();
    let all = lines(&TEXTS).concat();
    let (mut good, mut failed, mut counts) = (Vec::new(), Vec::new(), BTreeMap::new());
    for line in all {
        match line.text.parse::<i64>() {
            Ok(n) => good.push(n),
            Err(error) => {
                let start = line.at.micros().div_euclid(4_000_000) * 4_000_000;
                *counts.entry((line.text.clone(), start)).or_insert(0u64) += 1;
                failed.push(Failed { record: line, error: error.to_string() });
            }
        }
    }
    let windowed = |((text, start), n): ((String, i64), u64)| {
        let (start, end) =
            (Timestamp::from_micros(start), Timestamp::from_micros(start + 4_000_000));
        (Windowed { key: text, window: Window { start, end } }, n)
    };
    left.expect("numbers", good)
        .expect("why", failed.iter().map(|f| f.error.clone()).collect::<Vec<_>>())
        .expect("by_text", counts.into_iter().map(windowed).collect::<Vec<_>>());
    let errors = failed.len() as u64;
    left.expect("failed", failed);
    assert_eq!((left.totals("number").errors, left.errors()), (errors, errors));
    assert_eq!(left.totals("failed.errors").records_in, errors);
    assert_eq!(left.totals("failed.errors").records_out, errors);
    assert!(left.dead_letters().is_empty());
}

fn touchy(n: i64) -> i64 {
    assert!(n != 3, "three");
    n
}

#[job]
#[allow(clippy::type_complexity)]
fn panicking(
    numbers: Stream<Number>,
) -> (Stream<i64>, Stream<i64>, Stream<i64>, Stream<i64>, Stream<i64>, Stream<i64>) {
    let filtered = numbers.filter(|r| touchy(r.n) > 0);
    let not_filtered = filtered.errors().map(|f| f.record.n).named("not_filtered");
    let many = filtered.flat_map(|r| {
        let n = r.n;
        (0..n).map(move |i| if i == 2 { panic!("the third of {n}") } else { n * 10 + i })
    });
    let yielded = many.filter(|n| *n != 0).named("yielded");
    let not_many = many.errors().map(|f| f.record.n).named("not_many");
    let held = many.assert(|n| *n < 40).named("held").errors().map(|f| f.record).named("too_large");
    let looked = numbers.inspect(|r| assert!(touchy(r.n) < 10)).named("looked");
    let unseen = looked.errors().merge(looked.errors()).map(|f| f.record.n).named("unseen");
    let seen = looked.filter_map(|r| (touchy(r.n) != 1).then_some(r.n)).named("seen");
    (not_filtered, yielded, not_many, held, unseen, seen)
}

#[derive(Clone, Debug, Record)]
struct Number {
    n: i64,
}

#[test]
fn panics_are_errors_that_the_job_handles() {
    let numbers = [1i64, 3, 2, 5, -1, 0, 4].map(|n| Number { n });
    let left = check(panicking)
        .input("numbers", vec![numbers[..3].to_vec(), numbers[3..].to_vec()])
        .agrees();
    left.expect("not_filtered", [3i64])
        .expect("yielded", [10i64, 20, 21, 50, 51, 40, 41])
        .expect("not_many", [5i64, 4])
        .expect("held", [50i64, 51, 40, 41])
        .expect("unseen", [3i64, 3])
        .expect("seen", [2i64, 5, -1, 0, 4]);
    assert_eq!(left.totals("looked").errors, 1);
}

#[job]
fn fails_again(lines: Stream<Line>) -> (Stream<i64>, Stream<i64>) {
    let numbers = lines.try_filter_map(|l| l.text.parse::<i64>().map(Some)).named("number");
    let again = numbers.errors().try_map(|f| f.record.text.trim_end_matches('x').parse::<i64>());
    let again = again.named("again");
    (numbers, again)
}

#[test]
fn an_error_of_what_handles_errors_follows_the_policy() {
    let check = check(fails_again).input("lines", lines(&["1", "2x", "y", "4x"]));
    let error = check.clone().fails().to_string();
    assert!(error.contains("try_map") && error.contains("y"), "{error}");
    let left = check.on_error(OnError::DeadLetter).agrees();
    left.expect("numbers", [1i64]).expect("again", [2i64, 4]);
    assert_eq!((left.totals("number").errors, left.totals("again").errors), (3, 1));
    assert_eq!(left.dead_letters().len(), 1);
}
