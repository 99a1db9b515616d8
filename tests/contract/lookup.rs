//! Rule 12: a side input ends, and is read whole first.

use ouzel::connectors::MemoryOutput;
use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Record)]
struct Click {
    #[record(event_time)]
    at: Timestamp,
    page: u64,
    by: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Page {
    id: u64,
    title: String,
    weight: i64,
}

fn clicks(pages: &[u64]) -> Vec<Vec<Click>> {
    let click = |(i, page): (usize, &u64)| Click {
        at: Timestamp::from_micros(i as i64 * 1_000_000),
        page: *page,
        by: format!("user {}", i % 3),
    };
    let all: Vec<_> = pages.iter().enumerate().map(click).collect();
    all.chunks(4).map(<[Click]>::to_vec).collect()
}

fn pages(ids: &[u64]) -> Vec<Vec<Page>> {
    let page = |(i, id): (usize, &u64)| Page {
        id: *id,
        title: format!("page {id} of {i}"),
        weight: i as i64 + 1,
    };
    let all: Vec<_> = ids.iter().enumerate().map(page).collect();
    all.chunks(3).map(<[Page]>::to_vec).collect()
}

const CLICKS: [u64; 11] = [1, 2, 31, 4, 5, 1, 12, 3, 21, 9, 7];
const PAGES: [u64; 6] = [1, 2, 3, 7, 11, 5];

#[job]
#[allow(clippy::type_complexity)]
fn titled(
    clicks: Stream<Click>,
    pages: Stream<Page>,
) -> (Stream<(Click, Option<Page>)>, Table<Windowed<String>, u64>, Stream<i64>) {
    let known = pages.filter(|p| p.id != 11).key_by(|p| p.id).latest();
    let with_page = clicks.filter(|c| c.by != "user 2").lookup(known, |c| c.page % 10);
    let per_title = with_page
        .flat_map(|(_, page)| page.map(|p| p.title))
        .named("title")
        .key_by(|title| *title)
        .named("by_title")
        .window(tumbling(seconds(3)))
        .lateness(seconds(1))
        .aggregate(count());
    let weights =
        pages.key_by(|p| p.id % 2).aggregate(sum(|p| p.weight)).filter(|(_, sum)| *sum > 3);
    let weighed =
        clicks.lookup(weights, |c| c.page % 2).filter_map(|(_, sum)| *sum).named("weighed");
    (with_page, per_title, weighed)
}

#[test]
fn each_record_meets_the_whole_table() {
    let left =
        check(titled).input("clicks", clicks(&CLICKS)).input("pages", pages(&PAGES)).agrees();
    let all: BTreeMap<u64, Page> = pages(&PAGES).concat().into_iter().map(|p| (p.id, p)).collect();
    let found = |click: &Click| all.get(&(click.page % 10)).filter(|p| p.id != 11).cloned();
    let every = clicks(&CLICKS).concat();
    let ours = every.iter().filter(|c| c.by != "user 2");
    let with_page: Vec<(Click, Option<Page>)> = ours.map(|c| (c.clone(), found(c))).collect();
    let mut sums = BTreeMap::<u64, i64>::new();
    all.values().for_each(|p| *sums.entry(p.id % 2).or_default() += p.weight);
    sums.retain(|_, sum| *sum > 3);
    let weighed = every.iter().filter_map(|c| sums.get(&(c.page % 2)).copied());
    left.expect("weighed", weighed.collect::<Vec<_>>());
    assert_eq!(left.totals("with_page.lookup").records_in, with_page.len() as u64);
    assert_eq!(left.totals("pages").records_out, PAGES.len() as u64);
    assert_eq!(left.totals("known.latest").records_out, 5);
    let named = with_page.iter().filter(|(_, page)| page.is_some()).count();
    assert_eq!(left.totals("title").records_out, named as u64);
    left.expect("with_page", with_page);
}

#[test]
fn a_table_may_be_empty_and_so_may_the_stream() {
    let none = check(titled).input("clicks", clicks(&CLICKS)).input("pages", pages(&[])).agrees();
    none.expect("weighed", Vec::<i64>::new());
    check(titled).input("clicks", clicks(&[])).input("pages", pages(&PAGES)).agrees();
}

fn no_seven(id: u64) -> u64 {
    assert!(id != 7, "seven");
    id
}

#[job]
fn failing(clicks: Stream<Click>, pages: Stream<Page>) -> Stream<String> {
    let known = pages.key_by(|p| no_seven(p.id)).named("page").aggregate(max(|p| p.weight));
    clicks
        .lookup(known, |c| no_seven(c.page))
        .named("meets")
        .map(|(c, weight)| format!("{} {weight:?}", c.page))
        .named("told")
}

#[test]
fn errors_follow_the_policy_once_however_often_it_is_read() {
    let check = check(failing).input("clicks", clicks(&[1, 7, 3])).input("pages", pages(&PAGES));
    assert!(check.clone().fails().to_string().contains("seven"));
    let left = check.on_error(OnError::DeadLetter).agrees();
    left.expect("failing", ["1 Some(1)".to_owned(), "3 Some(3)".to_owned()]);
    assert_eq!((left.totals("page").errors, left.totals("meets").errors), (1, 1));
    assert_eq!(left.dead_letters().len(), 2);
}

fn run(pages: &[u64], state: &std::path::Path) -> ouzel::Run {
    let batches =
        |all: Vec<Vec<Page>>| all.into_iter().map(ouzel_testkit::batch).collect::<Vec<_>>();
    let clicks: Vec<_> = clicks(&CLICKS).into_iter().map(ouzel_testkit::batch).collect();
    ouzel::run::<failing>()
        .mode(ouzel::Mode::Stream)
        .input("clicks", clicks)
        .input("pages", batches(self::pages(pages)))
        .config(|config| config.on_error = OnError::Skip)
        .state(state)
}

#[test]
fn a_side_input_must_be_as_it_was() {
    let state = tempfile::tempdir().unwrap();
    let rows = Arc::new(MemoryOutput::new());
    let run = |pages| run(pages, state.path()).output("failing", rows.clone());
    let crashing = run(&PAGES[..]).stream(|stream| {
        stream.splits_per_epoch = Some(1);
        stream.crash_after_splits = Some(2);
    });
    assert!(crashing.execute().unwrap_err().to_string().contains("crashed"));
    let error = run(&[1, 2, 3, 7, 11, 5, 13]).execute().unwrap_err().to_string();
    assert!(error.contains("the input `pages` is looked up, and is not what it was"), "{error}");
    run(&PAGES[..]).execute().unwrap();
    // Clicks on 1, 2, 3 and 5 meet their page, and those on 7 fail.
    assert_eq!(rows.batches().iter().map(|batch| batch.num_rows()).sum::<usize>(), 10);
}

#[test]
fn a_table_that_does_not_fit_is_told_of() {
    let state = tempfile::tempdir().unwrap();
    let ids: Vec<u64> = (100..60_000).collect();
    let error = run(&ids, state.path()).config(|config| {
        config.memory_bytes = 1;
    });
    let error = error.execute().unwrap_err().to_string();
    assert!(error.contains("does not fit into memory") && error.contains("`join`"), "{error}");
}

#[test]
fn a_side_input_that_has_no_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pages.jsonl");
    std::fs::write(&path, "{\"id\":1,\"title\":\"one\",\"weight\":2}\n").unwrap();
    let state = dir.path().join("state");
    let run = run(&PAGES, &state).input("pages", &*format!("{}?follow", path.display()));
    let error = run.execute().unwrap_err().to_string();
    assert!(error.contains("`pages` is looked up") && error.contains("no end"), "{error}");
}
