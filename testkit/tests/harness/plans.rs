//! Plans that a test expects.

use crate::panics;
use ouzel::prelude::*;
use ouzel_testkit::{assert_plan, plan};

#[derive(Record)]
#[allow(dead_code)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    tail: String,
}

/// Late departures by carrier and hour.
#[job]
fn late_departures(flights: Stream<Flight>, min: f64) -> Table<Windowed<String>, u64> {
    flights
        .filter(|f| f.dep_delay > Some(min))
        .key_by(|f| f.carrier)
        .window(tumbling(hours(1)))
        .lateness(minutes(10))
        .aggregate(count())
}

const LATE_DEPARTURES: &str = include_str!("late_departures.txt");

#[test]
fn a_plan_is_compared_with_text_in_the_test() {
    plan(late_departures).param("min", 3).expect(LATE_DEPARTURES);
    let said = panics(|| plan(late_departures).param("min", 4).expect(LATE_DEPARTURES));
    let differs =
        "the plan is not as expected:\n-  min = 3\n+  min = 4\nthe plan is:\nlate_departures: ";
    assert!(said.starts_with(differs), "{said}");
    let said = panics(|| plan(late_departures).expect(""));
    assert!(said.contains("`--min VALUE`"), "{said}");
}

#[test]
fn a_plan_is_compared_with_a_file() {
    assert_plan!(plan(late_departures).param("min", 3), "tests/harness/late_departures.txt");
}

#[test]
fn a_file_that_is_missing_or_holds_another_plan_is_told_of() {
    if std::env::var_os("OUZEL_UPDATE").is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plan.txt");
    let said = panics(|| assert_plan!(plan(late_departures).param("min", 4), &file));
    let plan_is = "plan.txt: No such file or directory (os error 2); OUZEL_UPDATE=1 brings it up to \
                   date\nthe plan is:\nlate_departures: ";
    assert!(said.contains(plan_is), "{said}");
    std::fs::write(&file, plan(late_departures).param("min", 3).to_string()).unwrap();
    assert_plan!(plan(late_departures).param("min", 3), &file);
    let said = panics(|| assert_plan!(plan(late_departures).param("min", 4), &file));
    assert!(said.contains("plan.txt has it; OUZEL_UPDATE=1 brings it up to date\n"), "{said}");
    assert!(said.ends_with("-  min = 3\n+  min = 4\n"), "{said}");
}
