//! Everything that a job's file needs: `use ouzel::prelude::*;`.

pub use crate::JobMain;
pub use ouzel_dsl::{
    Aggregate, Arg, Bytes, Data, Date, Decimal, Final, Job, Keyed, Produce, Record, Stream, Table,
    Timestamp, Window, Windowed, count, days, hopping, hours, job, max, mean, micros, millis, min,
    minutes, seconds, sum, tumbling,
};
pub use std::process::ExitCode;
