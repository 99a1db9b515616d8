//! Joins of a stream with what a table was at the time of each of its records.
//!
//! A record waits until no update that is as early can come in time, and meets the last one of its
//! key up to its own event time. Of updates, those are held that records may still meet.

use crate::bag::Bag;
use crate::given::Given;
use crate::monoid::{Moment, Monoid, Takes};
use crate::stream_node::{Group, Streams};
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::{Data, Result};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A join of records with updates as of their event times.
pub struct AsOf<L, R> {
    /// The lateness of records, and of updates.
    lateness: [i64; 2],
    types: PhantomData<fn() -> (L, R)>,
}

impl<L, R> AsOf<L, R> {
    pub fn new(lateness: [i64; 2]) -> Self {
        AsOf { lateness, types: PhantomData }
    }
}

impl<L, R> Clone for AsOf<L, R> {
    fn clone(&self) -> Self {
        AsOf { ..*self }
    }
}

/// What is held of a key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Versions {
    records: Bag,
    updates: Bag,
}

impl<L: Data, R: Data> AsOf<L, R> {
    /// The watermark at which no update that is as early as a record can come in time.
    fn turn(&self, time: i64) -> i64 {
        time.saturating_add(self.lateness[1]).saturating_add(1)
    }

    /// How many updates no record can meet any more, since another has come after them.
    fn outlived(&self, held: &Versions, watermark: i64) -> usize {
        let next = match watermark {
            i64::MAX => i64::MAX,
            watermark => watermark.saturating_sub(self.lateness[0]),
        };
        let next = held.records.first_time().map_or(next, |time| next.min(time));
        match held.records.is_empty() && watermark == i64::MAX {
            true => held.updates.len(),
            false => held.updates.between(i64::MIN, next).end.saturating_sub(1),
        }
    }
}

impl<L: Data, R: Data> Monoid for AsOf<L, R> {
    type Acc = Versions;

    fn zero(&self) -> Versions {
        Versions::default()
    }

    fn merge(&self, acc: &mut Versions, other: Versions) {
        acc.records.append(other.records);
        acc.updates.append(other.updates);
    }

    fn heap_bytes(&self, acc: &Versions) -> usize {
        acc.records.heap_bytes() + acc.updates.heap_bytes()
    }
}

impl<L: Data, R: Data> Takes<0> for AsOf<L, R> {
    type In = L;

    fn add(&self, acc: &mut Versions, value: L::View<'_>, moment: Moment<'_>) {
        acc.records.push::<L>(value, moment);
    }
}

impl<L: Data, R: Data> Takes<1> for AsOf<L, R> {
    type In = R;

    fn add(&self, acc: &mut Versions, value: R::View<'_>, moment: Moment<'_>) {
        acc.updates.push::<R>(value, moment);
    }
}

impl<L: Data, R: Data> Streams for AsOf<L, R> {
    type Out = (L, Option<R>);

    fn advance(
        &self,
        _: Group<'_>,
        held: &mut Versions,
        fresh: Option<Versions>,
        to: Advance<'_>,
        mut out: Option<&mut Given<'_, Self::Out>>,
    ) -> Result<()> {
        if let Some(fresh) = fresh {
            self.merge(held, fresh);
        }
        held.records.sort();
        held.updates.sort();
        let mut done = 0;
        while done < held.records.len() {
            let record = held.records.get(done);
            if self.turn(record.time) > to.watermark {
                break;
            }
            let version = held.updates.between(i64::MIN, record.time).end.checked_sub(1);
            let version = version.map(|version| held.updates.get(version));
            if let (Some(out), Some(left)) = (&mut out, record.view::<L>()) {
                let right = version.and_then(|version| version.view::<R>());
                let bytes = record.bytes() + version.map_or(0, |version| version.bytes());
                out.push((left, right), (record.time, record.seen), bytes, |address| {
                    address.extend_from_slice(record.address);
                })?;
            }
            done += 1;
        }
        held.records.drop_first(done);
        let outlived = self.outlived(held, to.watermark);
        held.updates.drop_first(outlived);
        Ok(())
    }

    fn due(&self, _: Group<'_>, held: &Versions) -> i64 {
        let next = held.records.first_time().map_or(i64::MAX, |time| self.turn(time));
        // Of two updates the first goes when records have passed the second.
        let second = (held.updates.len() > 1).then(|| held.updates.get(1).time);
        second.map_or(next, |time| next.min(time.saturating_add(self.lateness[0])))
    }

    fn is_empty(&self, held: &Versions) -> bool {
        held.records.is_empty() && held.updates.is_empty()
    }
}
