//! Everything that a job's file needs: `use ouzel::prelude::*;`.

pub use crate::JobMain;
pub use ouzel_dsl::{
    Aggregate, Arg, Bytes, Data, Date, Decimal, Final, Job, Keyed, Produce, Record, Stream, Table,
    Timestamp, Window, Windowed, all, any, bottom_k, collect_list, collect_set, count,
    count_distinct, count_if, days, hopping, hours, job, max, max_with_ties, mean, micros, millis,
    min, min_with_ties, minutes, seconds, sum, top_k, tumbling,
};
pub use std::process::ExitCode;
