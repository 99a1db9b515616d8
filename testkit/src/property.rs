//! Properties that hold of whatever is drawn.

use crate::check::Check;
use crate::choices::Choices;
use crate::generate::{By, Generate, partitions};
use crate::left::Left;
use crate::reduce::{self, TRIES};
use crate::rows::records;
use crate::shrink::{Records, smallest};
use crate::trial::{Inputs, Trial};
use crate::{kept, report};
use ouzel::data::Draw;
use ouzel::private::Random;
use ouzel::stage::caught;
use ouzel::{Data, Error, Record};
use std::ops::Deref;
use std::sync::Arc;

/// How many inputs are drawn.
const CASES: u64 = 50;

/// A job whose input is drawn, many times; made by [`Check::any`].
#[must_use = "nothing is drawn before `agrees` or `property`"]
pub struct Property {
    check: Check,
    drawn: Vec<(String, Arc<dyn Generate>)>,
    cases: u64,
}

/// An input that was drawn and what the job leaves of it, which is what [`Left`] has.
pub struct Case {
    inputs: Inputs,
    left: Left,
}

impl Case {
    /// The records of an input, by partition.
    ///
    /// # Panics
    ///
    /// If there is no such input of such records.
    #[track_caller]
    pub fn partitions<R: Record>(&self, input: &str) -> Vec<Vec<R>> {
        match self.inputs.iter().find(|(name, _)| name == input) {
            Some((_, partitions)) => partitions.iter().map(records).collect(),
            None => panic!("the job has no input `{input}`"),
        }
    }

    /// The records of an input, of all its partitions together.
    ///
    /// # Panics
    ///
    /// If there is no such input of such records.
    #[track_caller]
    pub fn records<R: Record>(&self, input: &str) -> Vec<R> {
        self.partitions(input).into_iter().flatten().collect()
    }
}

impl Deref for Case {
    type Target = Left;

    fn deref(&self) -> &Left {
        &self.left
    }
}

impl Property {
    pub(crate) fn new(check: Check) -> Property {
        Property { check, drawn: Vec::new(), cases: CASES }
    }

    /// Another input whose records are drawn by their type.
    pub fn any<R: Record>(self, input: &str) -> Property {
        self.any_by(input, |source| R::draw(source))
    }

    /// Another input whose records are drawn by a function; see [`Check::any_by`].
    pub fn any_by<R: Record>(
        mut self,
        input: &str,
        draw: impl Fn(&mut dyn Draw) -> R + Send + Sync + 'static,
    ) -> Property {
        self.drawn.push((input.to_owned(), Arc::new(By(draw))));
        self
    }

    /// Chooses what is drawn, and the schedules; 0 if it is not given. The variable `OUZEL_SEED` has
    /// precedence.
    pub fn seed(mut self, seed: u64) -> Property {
        self.check = self.check.seed(seed);
        self
    }

    /// How many inputs are drawn; 50 if it is not given.
    pub fn cases(mut self, cases: u64) -> Property {
        self.cases = cases;
        self
    }

    /// Panics unless the job leaves the same under every schedule, or fails under every one, of
    /// each input that is drawn. It names the first operator that differs, and the smallest input
    /// found, of records as plain as can be.
    ///
    /// # Panics
    ///
    /// If the job fails on every input, too: then there is nothing to compare.
    #[track_caller]
    pub fn agrees(&self) {
        self.property(|_| {});
    }

    /// Panics unless each input that is drawn [agrees](Property::agrees), and `holds` does not panic
    /// of any of those that the job does not fail on.
    ///
    /// `holds` compares what the job leaves with what plain code makes of the same records; that
    /// modes agree is known by then.
    #[track_caller]
    pub fn property(&self, holds: impl Fn(&Case)) {
        match self.tried(holds) {
            Ok((failures, Some(error))) if failures == self.cases => {
                panic!("the job failed on each of {failures} inputs, first so: {error}")
            }
            Ok(_) => {}
            Err(said) => panic!("{said}"),
        }
    }

    /// On how many inputs the job fails, and how it did first; or what is to be said of a fault.
    #[doc(hidden)]
    pub fn tried(&self, holds: impl Fn(&Case)) -> Result<(u64, Option<Error>), String> {
        let first = self.check.chosen_seed();
        let mut failed: Option<Error> = None;
        let mut failures = 0;
        for seed in (0..self.cases).map(|nth| first.wrapping_add(nth)) {
            let trial = match self.check.trial(seed) {
                Ok(trial) => trial,
                Err(error) => return Err(error.to_string()),
            };
            let mut random = Random(seed);
            let records: Records<Choices> =
                self.drawn.iter().map(|(_, g)| partitions(&**g, &mut random)).collect();
            if let Some(error) = self.case(&trial, records, &holds)? {
                failures += 1;
                failed.get_or_insert(error);
            }
        }
        Ok((failures, failed))
    }

    /// Tries one input: the error that the job fails with, or what is to be said of a fault.
    fn case(
        &self,
        trial: &Trial,
        records: Records<Choices>,
        holds: &dyn Fn(&Case),
    ) -> Result<Option<Error>, String> {
        let inputs = self.inputs(&records);
        match trial.all(&inputs) {
            Err(fault) => {
                let inputs_of = |records: &Records<Choices>| self.inputs(records);
                let reduced = reduce::records_of(trial, records, &inputs_of, &fault);
                Err(report::fault(trial, &inputs, &fault, reduced.as_ref()))
            }
            Ok(Err(error)) => Ok(Some(error)),
            Ok(Ok(left)) => {
                let case = Case { inputs, left: Left::new(&trial.plan, left) };
                match caught(|| holds(&case)) {
                    Ok(()) => Ok(None),
                    Err(said) => Err(self.broken(trial, records, holds, &case.inputs, said)),
                }
            }
        }
    }

    /// What is to be said of a property that does not hold.
    fn broken(
        &self,
        trial: &Trial,
        records: Records<Choices>,
        holds: &dyn Fn(&Case),
        whole: &Inputs,
        mut said: String,
    ) -> String {
        let mut tries = 0;
        let records = smallest(records, TRIES, &mut |records| {
            tries += 1;
            let inputs = self.inputs(records);
            let Ok(left) = trial.reference(&inputs) else { return false };
            let case = Case { inputs, left: Left::new(&trial.plan, left) };
            let broken = caught(|| holds(&case)).err();
            let is_broken = broken.is_some();
            said = broken.unwrap_or(std::mem::take(&mut said));
            is_broken
        });
        let inputs = self.inputs(&records);
        let job = trial.plan.job;
        let found = report::smallest(&inputs, whole, tries);
        format!("{job}: what should hold of it does not: {}\n{found}", said.trim_end())
            + &kept::keep(trial, &inputs)
    }

    /// What was drawn, and what was given.
    fn inputs(&self, records: &Records<Choices>) -> Inputs {
        let drawn = self.drawn.iter().zip(records).map(|((name, generator), partitions)| {
            let partitions = partitions.iter().map(|partition| generator.batch(partition));
            (name.clone(), partitions.collect())
        });
        drawn.chain(self.check.inputs.iter().cloned()).collect()
    }
}

/// Draws a value of a type, in a function that draws records; see [`Check::any_by`].
pub fn drawn<T: Data>(source: &mut dyn Draw) -> T {
    T::draw(source)
}
