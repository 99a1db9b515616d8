//! Joins of streams, and of a stream with what a table was.

use super::{Put, StreamMeaning};
use crate::as_of::AsOf;
use crate::given::Given;
use crate::join::{Join, Kind};
use crate::stream_node::Group;
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::{Data, Error, Result, place};

/// The records of both sides.
fn sides(put: &[Put]) -> [Vec<&Put>; 2] {
    [0, 1].map(|side| put.iter().filter(|put| put.side == side).collect())
}

fn view<T: Data>(put: Option<&Put>) -> Result<Option<T::View<'_>>> {
    put.map(|put| put.view::<T>()).transpose().map_err(Error::Failed)
}

impl<L: Data, R: Data, J: Kind<L, R>> Join<L, R, J> {
    /// Whether two records of one key and window meet.
    fn meet(&self, left: &Put, right: &Put) -> bool {
        let after = i128::from(right.time()) - i128::from(left.time());
        let within = |(from, to): (i64, i64)| (i128::from(from)..=i128::from(to)).contains(&after);
        self.bounds.between.is_none_or(within)
    }

    /// Gives a pair, or a record alone.
    fn give(
        &self,
        group: Group<'_>,
        left: Option<&Put>,
        right: Option<&Put>,
        out: &mut Given<'_, J::Out>,
    ) -> Result<()> {
        let both: Vec<&Put> = left.into_iter().chain(right).collect();
        let time = both.iter().map(|put| put.time()).max().unwrap_or_default();
        let seen = both.iter().map(|put| put.seen).max().unwrap_or_default();
        let Some(row) = J::row(view::<L>(left)?, view::<R>(right)?) else { return Ok(()) };
        out.push(row, (time, seen), 0, |address| {
            let [left, right] = [left, right].map(|put| put.map_or(&[][..], Put::address));
            place::write_pair(left, right, address);
            if group.end.is_some() {
                // The same two may meet in many windows.
                address.extend_from_slice(&group.place[..8]);
            }
        })
    }
}

impl<L: Data, R: Data, J: Kind<L, R>> StreamMeaning for Join<L, R, J> {
    fn mean(
        &self,
        group: Group<'_>,
        put: &[Put],
        _: Advance<'_>,
        out: &mut Given<'_, J::Out>,
    ) -> Result<()> {
        let [lefts, rights] = sides(put);
        for left in &lefts {
            let met: Vec<_> = rights.iter().filter(|right| self.meet(left, right)).collect();
            if J::PAIRS {
                for right in &met {
                    self.give(group, Some(left), Some(right), out)?;
                }
            }
            if (J::MATCHED && !met.is_empty()) || (J::ALONE[0] && met.is_empty()) {
                self.give(group, Some(left), None, out)?;
            }
        }
        for right in rights {
            if J::ALONE[1] && !lefts.iter().any(|left| self.meet(left, right)) {
                self.give(group, None, Some(right), out)?;
            }
        }
        Ok(())
    }
}

/// Each record with the last update that is not after it.
impl<L: Data, R: Data> StreamMeaning for AsOf<L, R> {
    fn mean(
        &self,
        _: Group<'_>,
        put: &[Put],
        _: Advance<'_>,
        out: &mut Given<'_, (L, Option<R>)>,
    ) -> Result<()> {
        let [records, updates] = sides(put);
        for record in records {
            let update = updates.iter().rfind(|update| update.time() <= record.time()).copied();
            if let Some(left) = view::<L>(Some(record))? {
                let row = (left, view::<R>(update)?);
                out.push(row, (record.time(), record.seen), 0, |address| {
                    address.extend_from_slice(record.address());
                })?;
            }
        }
        Ok(())
    }
}
