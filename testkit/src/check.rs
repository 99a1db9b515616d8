//! A job and its input, to be run under many schedules.

use crate::left::Left;
use crate::partitions::Partitions;
use crate::property::Property;
use crate::trial::{Inputs, Trial};
use crate::{kept, reduce, replay, report, seed};
use arrow::array::RecordBatch;
use ouzel::data::{Draw, Produce};
use ouzel::stage::OnError;
use ouzel::{Error, Job, Layout, Params, Plan, Record, Result};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

/// Begins to check a job, which is given by its name: `check(delays)`.
pub fn check<J: Job>(_: impl FnOnce() -> J) -> Check {
    let plan: fn(&Params) -> Result<Plan> = J::plan;
    Check {
        plan: Arc::new(plan),
        inputs: Vec::new(),
        params: Params::new(),
        on_error: OnError::Fail,
        layout: Layout::default(),
        seed: None,
    }
}

/// A job and its input; made by [`check`].
#[must_use = "nothing is checked before `expect`, `agrees` or `fails`"]
#[derive(Clone)]
pub struct Check {
    plan: Arc<MakePlan>,
    pub(crate) inputs: Inputs,
    params: Params,
    on_error: OnError,
    layout: Layout,
    seed: Option<u64>,
}

type MakePlan = dyn Fn(&Params) -> Result<Plan> + Send + Sync;

impl Check {
    /// An input's records: a list of them is one partition, a list of lists several.
    pub fn input<R: Record, How>(self, name: &str, records: impl Partitions<R, How>) -> Check {
        self.batches(name, records.batches())
    }

    /// An input whose records are drawn by their type, many times: small values that meet again,
    /// with the edges of their types among them, and event times in some disorder, with ties.
    pub fn any<R: Record>(self, input: &str) -> Property {
        Property::new(self).any::<R>(input)
    }

    /// An input whose records are drawn by a function, which makes of each choice what it wants:
    ///
    /// ```
    /// # use ouzel::prelude::*;
    /// # #[derive(Record)]
    /// # struct Bid { auction: u64, price: u64 }
    /// # /// Bids by auction.
    /// # #[job]
    /// # fn bids_by_auction(bids: Stream<Bid>) -> Table<u64, u64> {
    /// #     bids.key_by(|b| b.auction).aggregate(count())
    /// # }
    /// use ouzel_testkit::{check, drawn};
    ///
    /// let below_1000 = |bid: Bid| Bid { price: bid.price % 1000, ..bid };
    /// check(bids_by_auction).any_by("bids", move |source| below_1000(drawn(source))).agrees();
    /// ```
    pub fn any_by<R: Record>(
        self,
        input: &str,
        draw: impl Fn(&mut dyn Draw) -> R + Send + Sync + 'static,
    ) -> Property {
        Property::new(self).any_by(input, draw)
    }

    /// An input's records as columns, a batch for each partition: where not all can be decoded.
    pub fn batches(mut self, name: &str, partitions: Vec<RecordBatch>) -> Check {
        self.inputs.push((name.to_owned(), partitions));
        self
    }

    /// What a failing check has kept in a folder: input, layout, parameters, error policy and seed.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    #[track_caller]
    pub fn kept(self, dir: impl AsRef<Path>) -> Check {
        let dir = dir.as_ref();
        let (case, inputs) = match kept::load(dir, &replay::plan(&*self.plan)) {
            Ok(kept) => kept,
            Err(error) => panic!("what is kept in {}: {error}", dir.display()),
        };
        let params = case.params.iter();
        let params = params.fold(Params::new(), |params, (name, value)| params.with(name, value));
        let (on_error, layout) = (case.on_error(), case.layout());
        Check { inputs, params, on_error, layout, seed: Some(case.seed), ..self }
    }

    /// The value of a job parameter.
    pub fn param(mut self, name: &str, value: impl Display) -> Check {
        self.params = self.params.with(name, value);
        self
    }

    /// What to do with records that cannot be decoded or processed; dead letters are compared too.
    pub fn on_error(mut self, policy: OnError) -> Check {
        self.on_error = policy;
        self
    }

    /// What an earlier stream has decided of the watermark's passing partitions; those of an input are
    /// named by their numbers here. See [`Driver::layout`](crate::Driver::layout).
    pub fn layout(mut self, layout: Layout) -> Check {
        self.layout = layout;
        self
    }

    /// Chooses the schedules; 0 if it is not given. The variable `OUZEL_SEED` has precedence.
    pub fn seed(mut self, seed: u64) -> Check {
        self.seed = Some(seed);
        self
    }

    /// Changes the plan: to see that a fault in it would be found.
    #[doc(hidden)]
    pub fn altered(mut self, alter: impl Fn(&mut Plan) + Send + Sync + 'static) -> Check {
        let make = self.plan;
        self.plan = Arc::new(move |params| {
            let mut plan = make(params)?;
            alter(&mut plan);
            Ok(plan)
        });
        self
    }

    /// Panics unless the job leaves the same under every schedule, and these rows in an output; see
    /// [`Left::expect`], by which other outputs are compared after it.
    #[track_caller]
    pub fn expect<P: Produce>(&self, output: &str, rows: impl IntoIterator<Item = P>) -> Left {
        let left = self.agrees();
        left.expect(output, rows);
        left
    }

    /// Like [`expect`](Check::expect), with floats that may be a little off; see
    /// [`Left::expect_within`].
    #[track_caller]
    pub fn expect_within<P: Produce>(
        &self,
        tolerance: f64,
        output: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> Left {
        let left = self.agrees();
        left.expect_within(tolerance, output, rows);
        left
    }

    /// Panics unless the job leaves the same under every schedule; gives what it leaves.
    #[track_caller]
    pub fn agrees(&self) -> Left {
        match self.outcome() {
            Ok(left) => left,
            Err(error) => panic!("in the reference: {error}"),
        }
    }

    /// Panics unless the job fails under every schedule; gives the error of the reference.
    #[track_caller]
    pub fn fails(&self) -> Error {
        match self.outcome() {
            Ok(left) => panic!("it should have failed, and left {left:?}"),
            Err(error) => error,
        }
    }

    /// What the job leaves under every schedule, or how it fails under every one. Where schedules
    /// differ it panics, and names the first operator that does, and the smallest input found that
    /// shows it.
    #[track_caller]
    pub fn outcome(&self) -> Result<Left> {
        let trial = self.trial(self.chosen_seed())?;
        match trial.all(&self.inputs) {
            Ok(left) => Ok(Left::new(&trial.plan, left?)),
            Err(fault) => {
                let reduced = reduce::rows(&trial, &self.inputs, &fault);
                panic!("{}", report::fault(&trial, &self.inputs, &fault, reduced.as_ref()))
            }
        }
    }

    #[track_caller]
    pub(crate) fn chosen_seed(&self) -> u64 {
        seed::seed(self.seed)
    }

    pub(crate) fn trial(&self, seed: u64) -> Result<Trial> {
        let plan = Arc::new((self.plan)(&self.params)?);
        Ok(Trial { plan, on_error: self.on_error, layout: self.layout.clone(), seed })
    }
}
