//! Jobs as programs: [`JobMain`] for one, [`main!`](crate::main) for several.

use crate::cli;
use ouzel_dsl::{Job, ParamInfo, Params, Plan, Result};
use std::process::ExitCode;

/// Makes a job a program.
pub trait JobMain {
    /// Reads the command line and does what it says: `run`, `plan`, `verify` or `schema`; of Kafka
    /// also `topics`, `group` or `reset`.
    ///
    /// Gives 0 where that went well, 1 where it failed, 2 where the command line made no sense and,
    /// where it was ended before it had written anything, 130 for Ctrl-C and 143 for SIGTERM.
    ///
    /// ```no_run
    /// # use ouzel::prelude::*;
    /// # #[derive(Record)]
    /// # struct Flight { carrier: String }
    /// # /// Departures by carrier.
    /// # #[job]
    /// # fn delays(flights: Stream<Flight>) -> Table<String, u64> {
    /// #     flights.key_by(|f| f.carrier).aggregate(count())
    /// # }
    /// fn main() -> ExitCode {
    ///     delays.main()
    /// }
    /// ```
    fn main(self) -> ExitCode;
}

// `#[job]` makes a job's name a function that gives the job.
impl<J: Job, F: FnOnce() -> J> JobMain for F {
    fn main(self) -> ExitCode {
        main(&[JobInfo::of::<J>()])
    }
}

/// Makes one program of several jobs; the first argument is the job's name.
///
/// ```no_run
/// # use ouzel::prelude::*;
/// # #[derive(Record)]
/// # struct Bid { auction: u64, price: u64 }
/// /// Bids by auction.
/// #[job]
/// fn bids_by_auction(bids: Stream<Bid>) -> Table<u64, u64> {
///     bids.key_by(|b| b.auction).aggregate(count())
/// }
///
/// /// The highest bid of each auction.
/// #[job]
/// fn highest(bids: Stream<Bid>) -> Table<u64, u64> {
///     bids.key_by(|b| b.auction).aggregate(max(|b| b.price))
/// }
///
/// ouzel::main![bids_by_auction, highest];
/// ```
#[macro_export]
macro_rules! main {
    ($($job:ty),+ $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            $crate::private::main(&[$($crate::private::JobInfo::of::<$job>()),+])
        }
    };
}

/// A job without its type.
#[derive(Clone, Copy)]
pub struct JobInfo {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) version: &'static str,
    pub(crate) inputs: &'static [&'static str],
    pub(crate) outputs: &'static [&'static str],
    pub(crate) params: fn() -> &'static [ParamInfo],
    pub(crate) plan: fn(&Params) -> Result<Plan>,
}

impl JobInfo {
    /// That of a job.
    pub fn of<J: Job>() -> JobInfo {
        JobInfo {
            name: J::NAME,
            doc: J::DOC,
            version: J::VERSION,
            inputs: J::INPUTS,
            outputs: J::OUTPUTS,
            params: J::params,
            plan: J::plan,
        }
    }

    /// Its plan with these parameters.
    pub fn plan(&self, params: &Params) -> Result<Plan> {
        (self.plan)(params)
    }

    /// The first paragraph of its documentation on one line.
    pub(crate) fn headline(&self) -> String {
        let lines = self.doc.trim().lines().map(str::trim);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// The command line of one or more jobs.
pub fn main(jobs: &[JobInfo]) -> ExitCode {
    ExitCode::from(cli::main(jobs, std::env::args_os().collect(), &cli::Console::standard()))
}
