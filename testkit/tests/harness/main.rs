//! The harness itself: what it must find, and what it says of it.

mod broken;
mod differs;
mod driver;
mod expect;
mod kept;
mod laws;
mod plans;
mod property;
mod seeded;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The panic's message, if there is a panic.
fn panics(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it should not pass");
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => panic!("it should panic with a text"),
    }
}

/// The records of the smallest input that was found.
fn smallest(said: &str) -> Vec<&str> {
    let lines = said.lines().skip_while(|line| !line.contains("the smallest input found"));
    lines.skip(1).map_while(|line| line.strip_prefix("    ")).collect()
}
