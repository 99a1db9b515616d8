//! Processes that share a stream leave what batch leaves, whoever comes and goes.

use ouzel::hooks::{Event as Told, Observer};
use ouzel::prelude::*;
use ouzel::{CommitPoint, Guarantee, Mode, Run};
use ouzel_kafka_broker::{Broker, skipped};
use ouzel_kafka_tests::jobs::{Event, copied, joins, ordered, tables, totals, windows};
use ouzel_kafka_tests::{Group, Random, Running, Topic, message, start, unique, within};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

const PARTITIONS: i32 = 3;

/// Whose records come last: those of all others are final by then.
const LAST: &str = "zz";

/// A year.
const FAR: i64 = 31_536_000;

/// A topic of which more is written now and then.
struct Feed {
    topic: Topic,
    random: Random,
    second: i64,
}

impl Feed {
    fn new(name: &str, seed: u64) -> Feed {
        Feed { topic: Topic::new(name, PARTITIONS), random: Random(seed), second: 0 }
    }

    /// Some more events, a few of them late.
    fn more(&mut self, count: i64) {
        let mut messages = Vec::new();
        for _ in 0..count {
            self.second += self.random.below(4);
            for partition in 0..PARTITIONS {
                let late = if self.random.below(20) == 0 { 200 } else { self.random.below(25) };
                let who = format!("w{}", self.random.below(8));
                let event = Event::new(self.second - late, who, self.random.below(40));
                messages.push(message(partition, event.json()));
            }
        }
        self.topic.send(messages);
    }

    /// A record in each partition that is later than anything else, and another one after it.
    fn flush(&mut self) {
        for far in [FAR, 2 * FAR] {
            let last = Event::new(far, LAST, -20).json();
            self.topic.send((0..PARTITIONS).map(|partition| message(partition, last.as_str())));
        }
    }
}

/// What an output is.
#[derive(Clone, Copy)]
enum Kind {
    Stream,
    Table,
    /// Of which only what is before the last records is given.
    Timely,
    /// A table of which only that is given.
    TimelyTable,
}

/// Jobs, and what is to be compared of them.
struct Case {
    make: fn() -> Run,
    inputs: &'static [&'static str],
    outputs: &'static [(&'static str, Kind)],
}

const WINDOWS: Case = Case {
    make: || ouzel::run::<windows>(),
    inputs: &["events"],
    outputs: &[
        ("table", Kind::Table),
        ("finals", Kind::Timely),
        ("late", Kind::Stream),
        ("sessions", Kind::Timely),
        ("hourly", Kind::Timely),
        ("spread", Kind::Table),
    ],
};

const ORDERED: Case = Case {
    make: || ouzel::run::<ordered>(),
    inputs: &["events"],
    outputs: &[
        ("lag", Kind::Timely),
        ("rank", Kind::Timely),
        ("dedup", Kind::Timely),
        ("scan", Kind::Timely),
        ("fold", Kind::TimelyTable),
        ("span", Kind::Timely),
        ("alarms", Kind::Timely),
    ],
};

const TABLES: Case = Case {
    make: || ouzel::run::<tables>(),
    inputs: &["events", "names"],
    outputs: &[
        ("totals", Kind::Table),
        ("kinds", Kind::Table),
        ("sizes", Kind::Table),
        ("best", Kind::Table),
        ("last", Kind::Table),
        ("named", Kind::Table),
        ("both", Kind::Table),
        ("known", Kind::Table),
    ],
};

const JOINS: Case = Case {
    make: || ouzel::run::<joins>(),
    inputs: &["events", "others"],
    outputs: &[
        ("all", Kind::Stream),
        ("interval", Kind::Stream),
        ("alone", Kind::Timely),
        ("windowed", Kind::Stream),
        ("anti", Kind::Timely),
        ("as_of", Kind::Timely),
    ],
};

/// A case with its topics.
struct Trial {
    case: &'static Case,
    feeds: Vec<Feed>,
    out: BTreeMap<&'static str, Topic>,
}

impl Trial {
    fn new(name: &str, case: &'static Case) -> Trial {
        let feed = |(n, input): (usize, &&str)| Feed::new(&format!("{name}-{input}"), n as u64 + 3);
        let feeds = case.inputs.iter().enumerate().map(feed).collect();
        let out = |(output, _): &(&'static str, Kind)| {
            (*output, Topic::absent(&format!("{name}-{output}")))
        };
        Trial { case, feeds, out: case.outputs.iter().map(out).collect() }
    }

    fn more(&mut self, count: i64) {
        self.feeds.iter_mut().for_each(|feed| feed.more(count));
    }

    fn flush(&mut self) {
        self.feeds.iter_mut().for_each(Feed::flush);
    }

    /// A group that runs it.
    fn group(&self, name: &str) -> Group {
        let run = self.run();
        Group::new(name, run)
    }

    /// A run of it, into its topics.
    fn run(&self) -> impl Fn() -> Run + 'static {
        let (inputs, make) = (self.inputs(), self.case.make);
        let outputs: Vec<_> = self.out.iter().map(|(name, to)| (*name, to.uri(""))).collect();
        move || {
            let run = inputs.iter().fold(make(), |run, (name, uri)| run.input(name, uri.as_str()));
            let run = outputs.iter().fold(run, |run, (name, uri)| run.output(name, uri.as_str()));
            run.workers(2)
        }
    }

    fn inputs(&self) -> Vec<(&'static str, String)> {
        let uris = self.feeds.iter().map(|feed| feed.topic.uri(""));
        self.case.inputs.iter().copied().zip(uris).collect()
    }

    /// What batch gives, by output.
    fn expected(&self) -> BTreeMap<&'static str, Vec<String>> {
        let inputs = self.inputs();
        let run =
            inputs.iter().fold((self.case.make)(), |run, (name, uri)| run.input(name, &**uri));
        let outcome = run.mode(Mode::Batch).execute().unwrap();
        let of = |(output, kind): &(&'static str, Kind)| {
            (*output, comparable(*kind, outcome.lines(output)))
        };
        self.case.outputs.iter().map(of).collect()
    }

    /// What the group has given, of an output.
    fn given(&self, output: &str, kind: Kind) -> Vec<String> {
        let topic = &self.out[output];
        if topic.partitions() == 0 {
            return Vec::new();
        }
        comparable(
            kind,
            match kind {
                Kind::Table | Kind::TimelyTable => topic.rows(),
                Kind::Stream | Kind::Timely => topic.values(),
            },
        )
    }

    /// The outputs that are not as they should be, in words.
    fn differs(&self, expected: &BTreeMap<&str, Vec<String>>) -> Option<String> {
        self.case.outputs.iter().find_map(|(output, kind)| {
            let (given, expected) = (self.given(output, *kind), &expected[output]);
            if given == *expected {
                return None;
            }
            let lacks = |some: &[String], others: &[String]| {
                let mut left = others.to_vec();
                let is_lacking = |line: &&String| match left.iter().position(|l| l == *line) {
                    Some(at) => {
                        left.swap_remove(at);
                        false
                    }
                    None => true,
                };
                some.iter().filter(is_lacking).take(3).cloned().collect::<Vec<_>>()
            };
            Some(format!(
                "`{output}` has {} rows for {}; it lacks {:?}, and has {:?} too many",
                given.len(),
                expected.len(),
                lacks(expected, &given),
                lacks(&given, expected)
            ))
        })
    }

    /// Waits until the group has given what batch gives.
    fn settle(&self, group: &mut Group, what: &str) {
        let expected = self.expected();
        let mut said = String::new();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            group.until(what, || match self.differs(&expected) {
                Some(differs) => {
                    said = differs;
                    false
                }
                None => true,
            });
        }));
        if seen.is_err() {
            panic!("{what}: {said}");
        }
    }

    /// What the group has given when it has ended is what batch gives, and nothing twice.
    fn agrees(&self) {
        if let Some(differs) = self.differs(&self.expected()) {
            panic!("{differs}");
        }
    }
}

/// What is to be compared of an output: not what the last records give.
fn comparable(kind: Kind, lines: Vec<String>) -> Vec<String> {
    let is_last = |line: &str| match kind {
        Kind::Stream | Kind::Table => false,
        Kind::Timely | Kind::TimelyTable => {
            [LAST, "1971-", "1972-", r#""sum":-"#].iter().any(|last| line.contains(last))
        }
    };
    lines.into_iter().filter(|line| !is_last(line)).collect()
}

/// Members come, go and crash, while more is written.
fn trial(name: &str, case: &'static Case, members: usize) {
    if skipped() {
        return;
    }
    let mut trial = Trial::new(name, case);
    trial.more(40);
    let mut group = trial.group(name);
    for _ in 0..members {
        group.join();
        trial.more(20);
    }
    if members > 1 {
        // One leaves, one joins, one crashes within a commit and comes back.
        group.until("something is written", || trial.out.values().any(|out| out.partitions() > 0));
        trial.more(20);
        group.leave();
        trial.more(20);
        group.join();
        let crashing = group.run().stream(|stream| {
            stream.crash_after_splits = Some(4);
        });
        let crashing = start(crashing);
        let mut fed = 0;
        within("a member crashes", || {
            trial.more(2);
            fed += 1;
            crashing.is_over() || fed > 60
        });
        drop(crashing);
        trial.more(20);
    }
    trial.flush();
    trial.settle(&mut group, name);
    group.stop();
    trial.agrees();
    // All of them are started again, and go on.
    let mut again = group;
    again.join();
    again.join();
    trial.more(1);
    if case.outputs.iter().all(|(_, kind)| matches!(kind, Kind::Table)) {
        trial.settle(&mut again, "after a restart");
    }
    again.stop();
}

#[test]
fn windows_of_one() {
    trial("g-windows-1", &WINDOWS, 1);
}

#[test]
fn windows_of_three() {
    trial("g-windows-3", &WINDOWS, 3);
}

#[test]
fn ordered_of_one() {
    trial("g-ordered-1", &ORDERED, 1);
}

#[test]
fn ordered_of_two() {
    trial("g-ordered-2", &ORDERED, 2);
}

#[test]
fn tables_of_one() {
    trial("g-tables-1", &TABLES, 1);
}

#[test]
fn tables_of_three() {
    trial("g-tables-3", &TABLES, 3);
}

#[test]
fn joins_of_one() {
    trial("g-joins-1", &JOINS, 1);
}

#[test]
fn joins_of_two() {
    trial("g-joins-2", &JOINS, 2);
}

/// Snapshots are written all the time, letters let go, and all members started again in between.
#[test]
fn state_is_taken_up_from_snapshots_and_letters() {
    if skipped() {
        return;
    }
    for (name, case) in [("g-snap-tables", &TABLES), ("g-snap-ordered", &ORDERED)] {
        let mut trial = Trial::new(name, case);
        let often = |run: Run| run.stream(|stream| stream.snapshot_from = Some(300));
        let mut group = trial.group(name);
        for round in 0..2 {
            group.join_as(often);
            group.join_as(often);
            trial.more(40);
            let before: usize = trial.out.values().map(written).sum();
            group.until("something is written", || {
                trial.out.values().map(written).sum::<usize>() > before
            });
            if matches!(case.outputs[0].1, Kind::Table) {
                trial.settle(&mut group, &format!("{name}, round {round}"));
            }
            group.stop();
        }
        // Snapshots are there, and letters were let go.
        let snapshots = group_topics(group.name(), "-state");
        let letters = group_topics(group.name(), "-letters");
        assert!(snapshots.iter().any(|topic| !topic.read().is_empty()), "{snapshots:?}");
        assert!(letters.iter().any(|topic| topic.read().iter().all(|got| got.offset > 0)));
        group.join_as(often);
        trial.flush();
        trial.settle(&mut group, name);
        group.stop();
        trial.agrees();
    }
}

/// Notes what shards were taken up with.
#[derive(Default)]
struct TakenUp(Mutex<Vec<&'static str>>);

impl Observer for TakenUp {
    fn on(&self, told: &Told<'_>) {
        if let Told::Restored { from, .. } = told {
            self.0.lock().unwrap().push(from);
        }
    }
}

/// Two members, each with copies of the other's state; one leaves, and another joins.
#[test]
fn standby_copies_are_taken_up() {
    if skipped() {
        return;
    }
    for (name, case) in [("g-standby-tables", &TABLES), ("g-standby-ordered", &ORDERED)] {
        let mut trial = Trial::new(name, case);
        let taken = Arc::new(TakenUp::default());
        let from_standby = || taken.0.lock().unwrap().iter().filter(|f| **f == "standby").count();
        let mut group = trial.group(name);
        let keeps = |run: Run| {
            let run = run.stream(|stream| {
                stream.snapshot_from = Some(2_000);
                stream.group.iter_mut().for_each(|group| group.standby = true);
            });
            run.observer(taken.clone())
        };
        group.join_as(keeps);
        group.join_as(keeps);
        within("a shard is taken up from a copy", || {
            let out = trial.out.clone();
            let all = || out.values().map(written).sum::<usize>();
            let so_far = all();
            trial.more(10);
            group.until("something is written", || all() > so_far);
            // The last to join is given the most.
            group.leave_last();
            group.join_as(keeps);
            from_standby() > 0
        });
        trial.flush();
        trial.settle(&mut group, name);
        group.stop();
        trial.agrees();
    }
}

fn written(topic: &Topic) -> usize {
    if topic.partitions() == 0 { 0 } else { topic.read().len() }
}

/// The topics that a group has made for itself.
fn group_topics(group: &str, ending: &str) -> Vec<Topic> {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    let asks: BaseConsumer = ouzel_kafka_tests::client(&[]);
    let all = asks.fetch_metadata(None, std::time::Duration::from_secs(30)).unwrap();
    let names = all.topics().iter().map(|topic| topic.name());
    let of = names.filter(|name| name.starts_with(group) && name.ends_with(ending));
    of.map(Topic::named).collect()
}

/// Without keyed operators: three members, at the same time.
#[test]
fn what_has_no_state_is_shared_too() {
    if skipped() {
        return;
    }
    let mut feed = Feed::new("g-copied", 5);
    let out = Topic::absent("g-copied-out");
    let (from, to) = (feed.topic.uri(""), out.uri(""));
    let run = move || ouzel::run::<copied>().input("events", &*from).output("copied", &*to);
    let mut group = Group::new("g-copied", run);
    for _ in 0..3 {
        group.join();
        feed.more(30);
    }
    let expected = || {
        let run = ouzel::run::<copied>().input("events", &*feed.topic.uri(""));
        run.mode(Mode::Batch).execute().unwrap().lines("copied")
    };
    let all = expected();
    group.until("all is copied", || out.partitions() > 0 && out.values() == all);
    group.leave();
    group.leave();
    feed.more(30);
    let all = expected_of(&feed);
    group.until("all is copied by one", || out.values() == all);
    group.stop();
    assert_eq!(out.values(), all);
}

fn expected_of(feed: &Feed) -> Vec<String> {
    let run = ouzel::run::<copied>().input("events", &*feed.topic.uri(""));
    run.mode(Mode::Batch).execute().unwrap().lines("copied")
}

#[test]
fn at_least_once_a_group_loses_nothing() {
    if skipped() {
        return;
    }
    let mut trial = Trial::new("g-least", &TABLES);
    trial.more(30);
    let mut group = trial.group("g-least");
    let least = |run: Run| run.stream(|stream| stream.guarantee = Some(Guarantee::AtLeastOnce));
    group.join_as(least);
    trial.more(30);
    trial.settle(&mut group, "at least once");
    group.stop();
}

/// Processes, of which some are killed.
struct Member(Child);

impl Member {
    fn start(
        job: &str,
        group: &str,
        inputs: &[(&str, String)],
        outputs: &[(&str, String)],
    ) -> Member {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kafka-member"));
        command.args([job, "run", "--mode", "stream", "--progress", "never", "--workers", "2"]);
        command.args(["--group", group, "--epoch", "100ms"]);
        inputs.iter().for_each(|(name, uri)| _ = command.args(["--in", &format!("{name}={uri}")]));
        outputs
            .iter()
            .for_each(|(name, uri)| _ = command.args(["--out", &format!("{name}={uri}")]));
        // Those that are killed are to be given up soon.
        command.env("RDKAFKA_SESSION_TIMEOUT_MS", "1500");
        command.env("RDKAFKA_HEARTBEAT_INTERVAL_MS", "300");
        command.env("RDKAFKA_TRANSACTION_TIMEOUT_MS", "3000");
        Member(command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap())
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn processes_that_are_killed_leave_what_batch_leaves() {
    if skipped() {
        return;
    }
    for (job, case) in [("windows", &WINDOWS), ("tables", &TABLES)] {
        let mut trial = Trial::new("g-killed", case);
        let group = unique("g-killed");
        let inputs = trial.inputs();
        let outputs: Vec<_> = trial.out.iter().map(|(name, to)| (*name, to.uri(""))).collect();
        let join = || Member::start(job, &group, &inputs, &outputs);
        let mut members = vec![join(), join()];
        for _ in 0..3 {
            for _ in 0..8 {
                trial.more(10);
                std::thread::sleep(std::time::Duration::from_millis(150));
            }
            members.push(join());
            members.remove(0).kill();
        }
        trial.flush();
        let expected = trial.expected();
        let mut said = None;
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while std::time::Instant::now() < until {
            said = trial.differs(&expected);
            if said.is_none() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        assert!(said.is_none(), "{job}: {}", said.unwrap_or_default());
    }
}

#[test]
fn what_a_group_cannot_do_is_refused() {
    if skipped() {
        return;
    }
    let topic = Topic::new("g-refused", 1);
    let dir = tempfile::tempdir().unwrap();
    let refused = |run: Run| -> String {
        let name = unique("g-refused");
        let config = ouzel::GroupConfig { name, ..ouzel::GroupConfig::default() };
        start(run.stream(|stream| stream.group = Some(config))).fails()
    };
    let out = Topic::absent("g-refused-out");
    let run = || ouzel::run::<copied>().input("events", &*topic.uri(""));
    // Files as outputs, and memory.
    let file = dir.path().join("out.jsonl").display().to_string();
    let error = refused(run().output("copied", &*file));
    assert!(error.contains("is not shared by processes"), "{error}");
    let error = refused(run());
    assert!(error.contains("is not shared by processes"), "{error}");
    // Files as inputs.
    std::fs::write(dir.path().join("in.jsonl"), "").unwrap();
    let file = dir.path().join("in.jsonl").display().to_string();
    let error =
        refused(ouzel::run::<copied>().input("events", &*file).output("copied", &*out.uri("")));
    assert!(error.contains("is not shared by processes"), "{error}");
    // Another cluster.
    let elsewhere = Broker::shared().bootstrap().replace("127.0.0.1", "localhost");
    let elsewhere = format!("kafka://{elsewhere}/{}", out.name);
    let error = refused(run().output("copied", &*elsewhere));
    assert!(error.contains("another cluster"), "{error}");
    // What goes by the clock.
    let early = ouzel::run::<early>().input("events", &*topic.uri(""));
    let error = refused(early.output("table", &*out.uri("")).output("soon", &*out.uri("")));
    assert!(error.contains("early results"), "{error}");
    let silent = ouzel::run::<silent>().input("events", &*topic.uri(""));
    let error = refused(silent.output("silent", &*out.uri("")));
    assert!(error.contains("lets watermarks pass partitions"), "{error}");
    // One topic as two inputs.
    let joins =
        ouzel::run::<joins>().input("events", &*topic.uri("")).input("others", &*topic.uri(""));
    let joins = JOINS.outputs.iter().fold(joins, |run, (name, _)| run.output(name, &*out.uri("")));
    let error = refused(joins);
    assert!(error.contains("two inputs read the topic"), "{error}");
}

#[job]
fn early(events: Stream<Event>) -> (Table<String, u64>, Early<String, u64>) {
    let table = events.key_by(|e| e.who).aggregate(count());
    let soon = table.early(seconds(1));
    (table, soon)
}

#[job]
fn silent(events: Stream<Event>) -> Table<Windowed<String>, u64> {
    let events = events.idle_after(seconds(5));
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(1))).lateness(seconds(1));
    windows.aggregate(count())
}

mod changed {
    use super::*;

    /// Totals again, by other code.
    #[job]
    pub fn totals(events: Stream<Event>) -> (Table<String, (u64, i64)>, Stream<Event>) {
        let totals =
            events.key_by(|e| e.who).aggregate((count(), sum(|e| e.n + 1 - 1).named("sum_n")));
        let odd = events.filter(|e| e.n % 2 != 0);
        (totals, odd)
    }
}

#[test]
fn the_state_of_another_job_is_refused() {
    if skipped() {
        return;
    }
    let mut feed = Feed::new("g-changed", 9);
    let (table, odd) = (Topic::absent("g-changed-totals"), Topic::absent("g-changed-odd"));
    let (from, to, and) = (feed.topic.uri(""), table.uri(""), odd.uri(""));
    let into =
        move |run: Run| run.input("events", &*from).output("totals", &*to).output("odd", &*and);
    let mut group = {
        let into = into.clone();
        Group::new("g-changed", move || into(ouzel::run::<totals>()))
    };
    group.join();
    feed.more(20);
    group.until("totals are there", || table.partitions() > 0 && table.rows().len() == 8);
    group.stop();
    let config =
        ouzel::GroupConfig { name: group.name().to_owned(), ..ouzel::GroupConfig::default() };
    let as_member = |run: Run| into(run).stream(|stream| stream.group = Some(config.clone()));
    let error = start(as_member(ouzel::run::<changed::totals>())).fails();
    assert!(error.contains("the group's state of `totals.aggregate`"), "{error}");
    assert!(error.contains("other code") && error.contains("--accept totals.aggregate"), "{error}");
    // Accepted, it goes on.
    let accepts = as_member(ouzel::run::<changed::totals>());
    let running: Running =
        start(accepts.stream(|stream| stream.accept = vec!["totals.aggregate".to_owned()]));
    let before = written(&table);
    feed.more(5);
    running.until("it goes on", || written(&table) > before);
    running.stop().unwrap();
}

/// Each process is replaced by one of its name with other code, one after the other.
#[test]
fn a_group_is_upgraded_by_rolling_restart() {
    if skipped() {
        return;
    }
    let mut feed = Feed::new("g-rolled", 11);
    let (table, odd) = (Topic::absent("g-rolled-totals"), Topic::absent("g-rolled-odd"));
    let (group, from) = (unique("g-rolled"), feed.topic.uri(""));
    let member = |run: Run, name: &str, accept: &[&str]| {
        let run = run.input("events", &*from).output("totals", &*table.uri(""));
        let run = run.output("odd", &*odd.uri(""));
        start(run.stream(|stream| {
            let instance = Some(name.to_owned());
            let name = group.clone();
            stream.group =
                Some(ouzel::GroupConfig { name, instance, ..ouzel::GroupConfig::default() });
            stream.accept = accept.iter().map(|operator| (*operator).to_owned()).collect();
        }))
    };
    let mut members = Vec::from(["a", "b"].map(|name| member(ouzel::run::<totals>(), name, &[])));
    feed.more(30);
    members[0].until("totals are there", || table.partitions() > 0 && table.rows().len() == 8);
    for name in ["a", "b"] {
        members.remove(0).stop().unwrap();
        feed.more(20);
        let new = member(ouzel::run::<changed::totals>(), name, &["totals.aggregate"]);
        new.begins();
        members.push(new);
    }
    feed.more(20);
    let batch = ouzel::run::<changed::totals>().input("events", &*feed.topic.uri(""));
    let batch = batch.mode(Mode::Batch).execute().unwrap();
    let (rows, lines) = (batch.lines("totals"), batch.lines("odd"));
    let is_same = || table.rows() == rows && odd.values() == lines;
    members[0].until("the new version has caught up", || members[1].is_over() || is_same());
    assert!(is_same());
    members.into_iter().for_each(|member| _ = member.stop().unwrap());
}

#[test]
fn a_member_that_crashes_in_a_commit_is_as_if_it_had_not_begun_it() {
    if skipped() {
        return;
    }
    let mut trial = Trial::new("g-crash", &TABLES);
    let mut group = trial.group("g-crash");
    group.join();
    trial.more(30);
    for _ in 0..2 {
        let crash = |stream: &mut ouzel::StreamConfig| {
            stream.crash_in_commit = Some((2, CommitPoint::BeforeSession));
            stream.crash_after_splits = Some(5);
        };
        let crashing = start(group.run().stream(crash));
        let mut fed = 0;
        within("it crashes", || {
            fed += 1;
            trial.more(2);
            crashing.is_over() || fed > 60
        });
    }
    trial.settle(&mut group, "after crashes");
    group.stop();
    trial.agrees();
}
