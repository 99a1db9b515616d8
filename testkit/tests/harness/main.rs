//! The harness itself: what it must find, and what it says of it.

mod differs;
mod expect;
mod kept;
mod property;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The panic's message, if there is a panic.
fn panics(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it should not pass");
    panic.downcast_ref::<String>().expect("panics with a text").clone()
}

/// The records of the smallest input that was found.
fn smallest(said: &str) -> Vec<&str> {
    let lines = said.lines().skip_while(|line| !line.contains("the smallest input found"));
    lines.skip(1).map_while(|line| line.strip_prefix("    ")).collect()
}
