//! Operators that see each key's records in canonical order.
//!
//! Records wait until no earlier one can come in time; then they are seen one after the other. So
//! what an operator makes of them does not depend on how they came.

mod dedup;
mod lag;
mod process;
mod rank;
mod scan;
mod sliding;
mod turn;

pub(crate) use turn::shown;

pub use dedup::Dedup;
pub use lag::Lag;
pub use process::Processing;
pub use rank::Rank;
pub use scan::{Fold, Next, Reduce, Scan, Two};
pub use sliding::Sliding;

use crate::bag::Bag;
use crate::given::Given;
use crate::held::damaged;
use crate::monoid::{Moment, Monoid, Takes};
use crate::stream_node::{Group, Streams};
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::{Data, Key, Result};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use turn::Turn;

/// What an operator makes of the records of a key, which it sees in canonical order.
pub trait InOrder<K: Key>: Clone + Send + Sync + 'static {
    /// What it sees.
    type In: Data;
    /// What it gives.
    type Out: Data;
    /// What it keeps of a key, while it looks at its records.
    type State;

    /// What it kept when it last looked at the key: nothing of a new one. None where the bytes are
    /// damaged.
    fn load(&self, bytes: &[u8]) -> Option<Self::State>;

    /// Keeps it as bytes: none if the key is as if it were new.
    fn save(&self, state: &Self::State, out: &mut Vec<u8>);

    /// Sees the next record.
    ///
    /// # Errors
    ///
    /// What is wrong with the record; whatever it has done to the state is undone.
    fn see(
        &self,
        state: &mut Self::State,
        key: K::View<'_>,
        record: <Self::In as Data>::View<'_>,
        time: i64,
        give: Give<'_, Self::Out>,
    ) -> Result<(), String>;

    /// The event time and name of the next timer.
    fn timer(&self, _state: &Self::State) -> Option<(i64, String)> {
        None
    }

    /// Takes a timer back.
    fn unset(&self, _state: &mut Self::State, _name: &str) {}

    /// Lets a timer fire, which then is set no more.
    fn fire(
        &self,
        _state: &mut Self::State,
        _key: K::View<'_>,
        _timer: (i64, &str),
        _give: Give<'_, Self::Out>,
    ) {
    }

    /// What it gives of the last of the records that it has seen, if that is told by them alone, each
    /// with its event time: for the reference.
    fn told_by(
        &self,
        _records: &[(i64, &[u8])],
        _give: Give<'_, Self::Out>,
    ) -> Option<Result<(), String>> {
        None
    }

    /// The event time after which what is kept is of no more use, if there is one.
    fn useless_after(&self, _state: &Self::State) -> Option<i64> {
        None
    }
}

/// Takes what an operator gives.
pub type Give<'a, T> = &'a mut dyn FnMut(<T as Data>::View<'_>);

/// An operator that sees records in order.
pub struct Ordered<K, L> {
    pub(crate) logic: L,
    pub(crate) operator: usize,
    /// None if records wait for the end of input.
    lateness: Option<i64>,
    key: PhantomData<fn() -> K>,
}

impl<K, L: Clone> Clone for Ordered<K, L> {
    fn clone(&self) -> Self {
        let Ordered { operator, lateness, key, .. } = *self;
        Ordered { logic: self.logic.clone(), operator, lateness, key }
    }
}

/// The records of a key that wait, and what was kept of those that were seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Waiting {
    bag: Bag,
    state: Vec<u8>,
    /// The event time of its next timer.
    timer: Option<i64>,
    /// The event time after which the state is of no more use.
    useless: Option<i64>,
}

impl<K: Key, L: InOrder<K>> Ordered<K, L> {
    /// Without a lateness records wait for the end of input.
    pub fn new(logic: L, operator: usize, lateness: Option<i64>) -> Self {
        Ordered { logic, operator, lateness, key: PhantomData }
    }

    /// The watermark at which a record or timer of an event time has its turn.
    fn turn(&self, time: i64) -> i64 {
        let after = |lateness: i64| time.saturating_add(lateness).saturating_add(1);
        self.lateness.map_or(i64::MAX, after)
    }
}

impl<K: Key, L: InOrder<K>> Monoid for Ordered<K, L> {
    type Acc = Waiting;

    fn zero(&self) -> Waiting {
        Waiting::default()
    }

    fn merge(&self, acc: &mut Waiting, other: Waiting) {
        acc.bag.append(other.bag);
        // What was kept is in one of them alone.
        if !other.state.is_empty() {
            acc.state = other.state;
            (acc.timer, acc.useless) = (other.timer, other.useless);
        }
    }

    fn heap_bytes(&self, acc: &Waiting) -> usize {
        acc.bag.heap_bytes() + acc.state.capacity()
    }
}

impl<K: Key, L: InOrder<K>> Takes<0> for Ordered<K, L> {
    type In = L::In;

    fn add(&self, acc: &mut Waiting, value: <L::In as Data>::View<'_>, moment: Moment<'_>) {
        acc.bag.push::<L::In>(value, moment);
    }
}

impl<K: Key, L: InOrder<K>> Streams for Ordered<K, L> {
    type Out = L::Out;

    fn advance(
        &self,
        group: Group<'_>,
        held: &mut Waiting,
        fresh: Option<Waiting>,
        to: Advance<'_>,
        out: Option<&mut Given<'_, L::Out>>,
    ) -> Result<()> {
        if let Some(fresh) = fresh {
            self.merge(held, fresh);
        }
        held.bag.sort();
        let key = K::decode(&mut &group.place[8..]).ok_or_else(damaged)?;
        let mut turn = Turn::new(self, (&key, group), (&held.state, &held.bag), to, out)?;
        let seen = turn.run()?;
        let kept = turn.finish();
        let useless = kept.useless.is_some_and(|time| self.turn(time) <= to.watermark);
        held.bag.drop_first(seen);
        let bag = std::mem::take(&mut held.bag);
        *held = match useless || to.watermark == i64::MAX {
            true => Waiting { bag, ..Waiting::default() },
            false => Waiting { bag, ..kept },
        };
        Ok(())
    }

    fn due(&self, _: Group<'_>, held: &Waiting) -> i64 {
        let times = [held.bag.first_time(), held.timer, held.useless];
        times.into_iter().flatten().min().map_or(i64::MAX, |time| self.turn(time))
    }

    fn is_empty(&self, held: &Waiting) -> bool {
        held.bag.is_empty() && held.state.is_empty()
    }
}
