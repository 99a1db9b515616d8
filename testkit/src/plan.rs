//! Plans as text that a test expects.

use ouzel::private::{JobInfo, stable_plan};
use ouzel::{Job, Params};
use std::fmt::{self, Display};
use std::path::Path;

/// The variable by which files are brought up to date.
const VARIABLE: &str = "OUZEL_UPDATE";

/// The plan of a job, which is given by its name: what the job was compiled to, as `plan` on its
/// command line shows it, but without the lines of the source, which say nothing of the plan.
///
/// ```
/// use ouzel::prelude::*;
///
/// #[derive(Record)]
/// struct Bid {
///     auction: u64,
///     price: u64,
/// }
///
/// /// Dear bids of each auction.
/// #[job]
/// fn dear(bids: Stream<Bid>, least: u64) -> Table<u64, u64> {
///     bids.filter(|b| b.price >= least).key_by(|b| b.auction).aggregate(count())
/// }
///
/// let plan = ouzel_testkit::plan(dear).param("least", 10).to_string();
/// assert!(plan.contains("0  fed by bids  bids > dear.filter > dear.key_by > dear.aggregate\n"), "{plan}");
/// ```
///
/// [`PlanText::expect`] compares it with text in the test, [`assert_plan!`](crate::assert_plan) with a
/// file.
pub fn plan<J: Job>(_: impl FnOnce() -> J) -> PlanText {
    PlanText { job: JobInfo::of::<J>(), params: Params::new() }
}

/// A job's plan as text; made by [`plan`].
#[derive(Clone)]
pub struct PlanText {
    job: JobInfo,
    params: Params,
}

impl PlanText {
    /// The value of a job parameter.
    pub fn param(mut self, name: &str, value: impl Display) -> PlanText {
        self.params = self.params.with(name, value);
        self
    }

    /// Panics unless the plan is this text, and shows the lines that differ. An empty line before
    /// it, and what all lines are indented by, do not count.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        let (plan, expected) = (self.to_string(), unindented(text));
        if plan != expected {
            panic!(
                "the plan is not as expected:\n{}the plan is:\n{plan}",
                changed(&expected, &plan)
            );
        }
    }

    /// Panics unless the plan is what a file holds; see [`assert_plan!`](crate::assert_plan).
    #[doc(hidden)]
    #[track_caller]
    pub fn expect_file(&self, path: &Path) {
        let (plan, shown) = (self.to_string(), path.display());
        let held = std::fs::read_to_string(path);
        if held.as_ref().is_ok_and(|held| *held == plan) {
            return;
        }
        if std::env::var_os(VARIABLE).is_some_and(|value| value == "1") {
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            if let Err(error) = folder.and_then(|()| std::fs::write(path, &plan)) {
                panic!("{shown} cannot be written: {error}");
            }
            return;
        }
        let how = format!("{VARIABLE}=1 brings it up to date");
        match held {
            Ok(held) => {
                panic!("the plan is not as {shown} has it; {how}\n{}", changed(&held, &plan))
            }
            Err(error) => panic!("{shown}: {error}; {how}\nthe plan is:\n{plan}"),
        }
    }
}

/// # Panics
///
/// If the job has no plan with these parameters.
impl Display for PlanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.job.plan(&self.params) {
            Ok(plan) => f.write_str(&stable_plan(&self.job, &plan)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Panics unless the plan of a job is what a file holds, and shows the lines that differ. The path
/// is that from the package's folder. With `OUZEL_UPDATE=1` the file is written instead.
///
/// ```no_run
/// # use ouzel::prelude::*;
/// # #[derive(Record)]
/// # struct Bid { auction: u64 }
/// # /// Bids by auction.
/// # #[job]
/// # fn bids_by_auction(bids: Stream<Bid>) -> Table<u64, u64> {
/// #     bids.key_by(|b| b.auction).aggregate(count())
/// # }
/// use ouzel_testkit::{assert_plan, plan};
///
/// assert_plan!(plan(bids_by_auction), "tests/plans/bids_by_auction.txt");
/// ```
#[macro_export]
macro_rules! assert_plan {
    ($plan:expr, $path:expr $(,)?) => {
        $crate::PlanText::expect_file(
            &$plan,
            &::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($path),
        )
    };
}

/// A text as it stands in a test, without what stands before each of its lines.
fn unindented(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end_matches(' ');
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = || text.lines();
    let least = lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines().map(|line| line.get(least..).unwrap_or("").to_owned() + "\n").collect()
}

/// The lines that are gone and those that are new, in order, with the place of each.
fn changed(before: &str, after: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    // How many lines the rests from each pair of lines on have in common at the most.
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] = match before[i] == after[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || i < before.len() && common[i + 1][j] >= common[i][j + 1] {
            out += &format!("-{}\n", before[i]);
            i += 1;
        } else {
            out += &format!("+{}\n", after[j]);
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_shown() {
        assert_eq!(changed("a\nb\nc\nd\n", "a\nx\nc\ne\nd\n"), "-b\n+x\n+e\n");
        assert_eq!(changed("a\n", ""), "-a\n");
        assert_eq!(changed("", "a\nb\n"), "+a\n+b\n");
        assert_eq!(changed("a\n", "a\n"), "");
    }

    #[test]
    fn indentation_is_taken_away() {
        assert_eq!(unindented("\n    a\n      b\n\n    c\n    "), "a\n  b\n\nc\n");
        assert_eq!(unindented("a"), "a\n");
    }
}
