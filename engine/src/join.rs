//! Joins of two streams by key, and by window or within a range of event time.
//!
//! Each side is a bag of records. What is new on a side meets all that is held on the other, and
//! what is new there: so each pair is met once, in whatever order the records come.

mod kinds;

pub use kinds::{Anti, Full, Inner, Kind, Left, Semi};

use crate::bag::{Bag, Item};
use crate::given::Given;
use crate::monoid::{Moment, Monoid, Takes};
use crate::stream_node::{Group, Streams};
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::{Data, Result, place};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A join of two streams.
pub struct Join<L, R, J> {
    pub(crate) bounds: Bounds,
    #[allow(clippy::type_complexity)]
    types: PhantomData<fn() -> (L, R, J)>,
}

/// Which records of the two sides can meet, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long after the left record the right one may be, from and to, both included; before it if
    /// negative.
    pub between: Option<(i64, i64)>,
    /// The lateness of each side.
    pub lateness: [Option<i64>; 2],
}

impl<L, R, J> Clone for Join<L, R, J> {
    fn clone(&self) -> Self {
        Join { bounds: self.bounds, types: PhantomData }
    }
}

/// The records of a key: those of the left side, and those of the right.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sides([Bag; 2]);

impl<L: Data, R: Data, J: Kind<L, R>> Join<L, R, J> {
    /// A join.
    pub fn new(bounds: Bounds) -> Self {
        Join { bounds, types: PhantomData }
    }

    /// The event times that a record of a side can meet on the other.
    fn range(&self, side: usize, time: i64) -> (i64, i64) {
        match (self.bounds.between, side) {
            (None, _) => (i64::MIN, i64::MAX),
            (Some((from, to)), 0) => (time.saturating_add(from), time.saturating_add(to)),
            (Some((from, to)), _) => (time.saturating_sub(to), time.saturating_sub(from)),
        }
    }

    /// The watermark from which on a record of a side can meet no other in time.
    fn alone_at(&self, side: usize, time: i64, group: Group<'_>) -> i64 {
        let Some(lateness) = self.bounds.lateness[1 - side] else { return i64::MAX };
        match (group.end, self.bounds.between) {
            (Some(end), _) => end.saturating_add(lateness),
            (None, Some(_)) => self.range(side, time).1.saturating_add(lateness).saturating_add(1),
            (None, None) => i64::MAX,
        }
    }

    /// Gives the pairs of two bags, both sorted.
    fn pairs(
        &self,
        group: Group<'_>,
        lefts: &mut Bag,
        rights: &mut Bag,
        mut out: Option<&mut Given<'_, J::Out>>,
    ) -> Result<()> {
        if rights.is_empty() || (out.is_none() && !J::MARKS) {
            return Ok(());
        }
        for l in 0..lefts.len() {
            let (from, to) = self.range(0, lefts.get(l).time);
            let met = rights.between(from, to);
            if met.is_empty() {
                continue;
            }
            let left = lefts.get(l);
            if let Some(out) = &mut out {
                if J::PAIRS {
                    for r in met.clone() {
                        give::<L, R, J>(group, Some(left), Some(rights.get(r)), out)?;
                    }
                } else if J::MATCHED && !left.marked {
                    give::<L, R, J>(group, Some(left), None, out)?;
                }
            }
            if J::MARKS {
                lefts.mark(l);
                met.for_each(|r| rights.mark(r));
            }
        }
        Ok(())
    }

    /// Lets go of the records of a side that can meet no other, and gives those that never have.
    fn free(
        &self,
        side: usize,
        group: Group<'_>,
        bag: &mut Bag,
        watermark: i64,
        mut out: Option<&mut Given<'_, J::Out>>,
    ) -> Result<()> {
        let mut freed = 0;
        // In order of time, and so of the watermark that frees them.
        while freed < bag.len() {
            let item = bag.get(freed);
            if self.alone_at(side, item.time, group) > watermark {
                break;
            }
            if J::ALONE[side]
                && !item.marked
                && let Some(out) = &mut out
            {
                let (left, right) = if side == 0 { (Some(item), None) } else { (None, Some(item)) };
                give::<L, R, J>(group, left, right, out)?;
            }
            freed += 1;
        }
        if freed > 0 {
            bag.drop_first(freed);
        }
        Ok(())
    }
}

/// Gives a pair, or a record alone.
fn give<L: Data, R: Data, J: Kind<L, R>>(
    group: Group<'_>,
    left: Option<Item<'_>>,
    right: Option<Item<'_>>,
    out: &mut Given<'_, J::Out>,
) -> Result<()> {
    let both = || left.into_iter().chain(right);
    let time = both().map(|item| item.time).max().unwrap_or(i64::MIN);
    let seen = both().map(|item| item.seen).max().unwrap_or(i64::MIN);
    let bytes = both().map(|item| item.bytes()).sum();
    let views = (left.and_then(|l| l.view::<L>()), right.and_then(|r| r.view::<R>()));
    let Some(row) = J::row(views.0, views.1) else { return Ok(()) };
    out.push(row, (time, seen), bytes, |address| {
        let [left, right] = [left, right].map(|side| side.map_or(&[][..], |item| item.address));
        place::write_pair(left, right, address);
        if group.end.is_some() {
            // The same two may meet in many windows.
            address.extend_from_slice(&group.place[..8]);
        }
    })
}

impl<L: Data, R: Data, J: Kind<L, R>> Monoid for Join<L, R, J> {
    type Acc = Sides;

    fn zero(&self) -> Sides {
        Sides::default()
    }

    fn merge(&self, acc: &mut Sides, other: Sides) {
        acc.0.iter_mut().zip(other.0).for_each(|(held, other)| held.append(other));
    }

    fn heap_bytes(&self, acc: &Sides) -> usize {
        acc.0.iter().map(Bag::heap_bytes).sum()
    }
}

impl<L: Data, R: Data, J: Kind<L, R>> Takes<0> for Join<L, R, J> {
    type In = L;

    fn add(&self, acc: &mut Sides, value: L::View<'_>, moment: Moment<'_>) {
        acc.0[0].push::<L>(value, moment);
    }
}

impl<L: Data, R: Data, J: Kind<L, R>> Takes<1> for Join<L, R, J> {
    type In = R;

    fn add(&self, acc: &mut Sides, value: R::View<'_>, moment: Moment<'_>) {
        acc.0[1].push::<R>(value, moment);
    }
}

impl<L: Data, R: Data, J: Kind<L, R>> Streams for Join<L, R, J> {
    type Out = J::Out;

    fn advance(
        &self,
        group: Group<'_>,
        held: &mut Sides,
        fresh: Option<Sides>,
        to: Advance<'_>,
        mut out: Option<&mut Given<'_, J::Out>>,
    ) -> Result<()> {
        let mut fresh = fresh.unwrap_or_default();
        held.0.iter_mut().chain(&mut fresh.0).for_each(Bag::sort);
        {
            let ([left, right], [new_left, new_right]) = (&mut held.0, &mut fresh.0);
            self.pairs(group, left, new_right, out.as_deref_mut())?;
            self.pairs(group, new_left, right, out.as_deref_mut())?;
            self.pairs(group, new_left, new_right, out.as_deref_mut())?;
        }
        self.merge(held, fresh);
        for (side, bag) in held.0.iter_mut().enumerate() {
            bag.sort();
            self.free(side, group, bag, to.watermark, out.as_deref_mut())?;
        }
        Ok(())
    }

    fn due(&self, group: Group<'_>, held: &Sides) -> i64 {
        let first = |side: usize| {
            let time = held.0[side].first_time();
            time.map_or(i64::MAX, |time| self.alone_at(side, time, group))
        };
        first(0).min(first(1))
    }

    fn is_empty(&self, held: &Sides) -> bool {
        held.0.iter().all(Bag::is_empty)
    }
}
