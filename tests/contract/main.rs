//! The contract, tested across crates: which tests break without which rule.
//!
//! | Rule | Tests |
//! | --- | --- |
//! | 1 Address | `rules::rule_1_*`; dead letters of `one_record`; `order` and `ordered`, against twins |
//! | 2 Event time and seen | `rules::rule_2_*`; `valid_time`; `windows`, `calendar`, and `joins` into windows, against twins |
//! | 3 Watermark | `rules::rule_3_*`; `windows::two_inputs`; `joins` and `ordered` into windows |
//! | 4 Late, if the job says so | `rules::rule_4_*`; `windows`, `calendar`, `sessions`, `joins` and `ordered`, against twins |
//! | 5 State is freed, its rows stay | `rules::rule_5_*` |
//! | 6 The layout, new partitions, sequences | `layout`, against batch and a twin; `inputs::rule_6_*`, `pauses::rule_6_*` |
//! | 7 Aggregates are commutative monoids | `aggregates`, merged in random trees; ties, `order`; what breaks the laws: `testkit/tests/harness/`, `ouzel/tests/jobs.rs` |
//! | 8 Records in order | `ordered::rule_8_*`, against a twin that sorts |
//! | 9 Numbers | `rules::rule_9_*`; `aggregates`, `collections`, `combinators`, `statistics` and `approximate`, against twins; `ui/job/approx.rs` |
//! | 10 Keys | `keys`, against a twin |
//! | 11 Tables, finals once | `rules::rule_11_*`; `windows` and `sessions`; `tables`, against twins; what a job may do with a table: `ui/job` |
//! | 12 Joins | `joins` and `tables`, against twins; `ordered::rule_12_*`; side inputs: `lookup`; sides that do not fit: `ui/job` |
//! | 13 Early results | `early`; what a job may do with them: `ui/job/early.rs` |
//! | 14 A line without its end, a followed file | `inputs::rule_14_*`, `chained`; `processes/killed.rs` |
//! | 15 The end of input | `rules::rule_15_*`, `ordered::rule_15_*`, `changed` |
//! | 16 Jobs are functions | what the compiler sees: `ui/job`; what it does not: `testkit/tests/harness/differs.rs`, `ouzel/tests/jobs.rs`, `processes/console.rs` |
//! | 17 A changed job | `changed` |
//! | 18 Errors | `errors`, `handled`, `one_record`, `split`, `ordered::rule_18_*`; on rows of a table that changes, `tables` |
//! | 19 Totals count records | `inputs::rule_19_*`; every test that uses `check`, with restarts |
//! | 20 Whether a run fails | `one_record::fallible_forms_fail_*`, `aggregates::sums_fail_*`; every test that uses `check` |
//!

mod aggregates;
mod approximate;
mod calendar;
mod chained;
mod changed;
mod code;
mod collections;
mod combinators;
mod early;
mod errors;
mod handled;
mod inputs;
mod jobs;
mod joins;
mod keys;
mod layout;
mod lookup;
mod memory;
mod one_record;
mod order;
mod ordered;
mod pauses;
mod rules;
mod sessions;
mod split;
mod statistics;
mod tables;
mod valid_time;
mod windows;
