//! An aggregate made of the language's.

use ouzel::prelude::*;

/// How many different numbers there are in the group. The suite asks for signed counts.
pub fn distinct(number: Arg<i64>) -> impl Aggregate<In = i64, Out = i64> {
    count_distinct(number).map_result(|n| n as i64)
}
