//! Everything that a job's file needs: `use ouzel::prelude::*;`.

pub use crate::JobMain;
pub use ouzel_dsl::{
    Aggregate, Approx, Arg, BloomFilter, Bytes, CheckLaws, CountMin, Data, Date, Decimal, Early,
    Failed, Final, Idempotent, Invertible, Job, Keyed, Process, Produce, Record, Stream, Table,
    Timestamp, Window, Windowed, all, any, approx_count_distinct, approx_quantile,
    approx_quantiles, bloom_filter, bottom_k, bottom_k_by, calendar_days, calendar_months,
    calendar_quarters, calendar_weeks, calendar_years, collect_list, collect_map, collect_set,
    corr, count, count_distinct, count_if, count_min, covar_pop, covar_samp, days, decayed_count,
    decayed_sum, filtered, first, flow, heavy_hitters, histogram, hopping, hours, job, kept,
    kurtosis, last, last_rows, last_span, max, max_by, max_with_ties, mean, micros, millis, min,
    min_by, min_with_ties, minutes, non_empty, per_key, product, seconds, session, skewness,
    stddev_pop, stddev_samp, sum, top_k, top_k_by, tumbling, var_pop, var_samp,
};
pub use std::process::ExitCode;
