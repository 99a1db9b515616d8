//! What gives tables: aggregates, tables that are held, joins of tables.

use super::{Put, TableMeaning};
use crate::arranged::Arranged;
use crate::counted::Counted;
use crate::join::Kind;
use crate::plain::Plain;
use crate::sessions::Sessions;
use crate::table_join::{ForeignJoin, TableJoin};
use crate::tabled::Give;
use ouzel_dsl::{
    Aggregate, Data, Invertible, Key, Session, Timestamp, Unwindowed, Window, Windowed,
    WindowedView, Windows,
};
use std::collections::BTreeMap;

/// Adds one record after the other, in canonical order, and reads what they add up to.
fn result_of<A: Aggregate>(aggregate: &A, put: &[&Put]) -> Result<A::Out, String> {
    let mut acc = aggregate.zero();
    for put in put {
        aggregate.add_at(&mut acc, put.view::<A::In>()?, put.place());
    }
    aggregate.finish(&acc)
}

impl<K: Key, W: Windows, A: Aggregate> TableMeaning<K, W> for Plain<A> {
    fn mean(
        &self,
        windows: W,
        key: K::View<'_>,
        start: i64,
        put: &[Put],
        give: &mut impl Give<W::Keyed<K>, A::Out>,
    ) -> Result<(), String> {
        let result = result_of(&self.0, &put.iter().collect::<Vec<_>>())?;
        give(windows.keyed::<K>(key, start), result.view());
        Ok(())
    }
}

/// Cuts where more than the gap lies between a record and the next.
impl<K: Key, A: Aggregate> TableMeaning<K, Session> for Sessions<A> {
    fn mean(
        &self,
        _: Session,
        key: K::View<'_>,
        _: i64,
        put: &[Put],
        give: &mut impl Give<Windowed<K>, A::Out>,
    ) -> Result<(), String> {
        let gap = i128::from(self.gap);
        let follows = |a: &Put, b: &Put| i128::from(b.time()) - i128::from(a.time()) <= gap;
        for session in put.chunk_by(follows) {
            let [first, .., last] = session else {
                let [only] = session else { continue };
                give_session::<K, A>(self, key, [only, only], session, give)?;
                continue;
            };
            give_session::<K, A>(self, key, [first, last], session, give)?;
        }
        Ok(())
    }
}

fn give_session<K: Key, A: Aggregate>(
    sessions: &Sessions<A>,
    key: K::View<'_>,
    [first, last]: [&Put; 2],
    session: &[Put],
    give: &mut impl Give<Windowed<K>, A::Out>,
) -> Result<(), String> {
    let result = result_of(&sessions.aggregate, &session.iter().collect::<Vec<_>>())?;
    let start = Timestamp::from_micros(first.time());
    let end = Timestamp::from_micros(last.time().saturating_add(sessions.gap));
    give(WindowedView { key, window: Window { start, end } }, result.view());
    Ok(())
}

/// What is there more often than not: of one side, and each as it was put in first.
fn there(put: &[Put], side: usize) -> Vec<&Put> {
    let mut weights = BTreeMap::<&[u8], (i64, &Put)>::new();
    for put in put.iter().filter(|put| put.side == side) {
        weights.entry(&put.value).or_insert((0, put)).0 += put.weight;
    }
    weights.into_values().filter(|(weight, _)| *weight > 0).map(|(_, put)| put).collect()
}

impl<K: Key, A: Invertible> TableMeaning<K, Unwindowed> for Counted<A> {
    fn mean(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        put: &[Put],
        give: &mut impl Give<K, A::Out>,
    ) -> Result<(), String> {
        // Several rows may have lifted the same, but each is there once: none has gone.
        let rows: Vec<_> = put.iter().filter(|put| put.weight > 0).collect();
        if !rows.is_empty() {
            give(key, result_of(&self.0, &rows)?.view());
        }
        Ok(())
    }
}

impl<K: Key, V: Data> TableMeaning<K, Unwindowed> for Arranged<V> {
    fn mean(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        put: &[Put],
        give: &mut impl Give<K, V>,
    ) -> Result<(), String> {
        there(put, 0).into_iter().try_for_each(|put| {
            give(key, put.view::<V>()?);
            Ok(())
        })
    }
}

/// Every left row with every right one, and those that are alone: what a kind of join makes of them.
fn joined<'a, L: Data, R: Data, J: Kind<L, R>, K: Copy>(
    lefts: &[(K, L::View<'a>)],
    rights: &[R::View<'a>],
    mut give: impl FnMut(Option<K>, <J::Out as Data>::View<'a>),
) {
    let mut give = |key, left, right| {
        if let Some(row) = J::row(left, right) {
            give(key, row);
        }
    };
    for (key, left) in lefts {
        for right in rights {
            if J::PAIRS {
                give(Some(*key), Some(*left), Some(*right));
            }
        }
        let alone = rights.is_empty();
        if (J::ALONE[0] && alone) || (J::MATCHED && !alone) {
            give(Some(*key), Some(*left), None);
        }
    }
    for right in rights {
        if J::ALONE[1] && lefts.is_empty() {
            give(None, None, Some(*right));
        }
    }
}

fn views<T: Data>(put: &[Put], side: usize) -> Result<Vec<T::View<'_>>, String> {
    there(put, side).into_iter().map(Put::view::<T>).collect()
}

impl<K: Key, L: Data, R: Data, J: Kind<L, R>> TableMeaning<K, Unwindowed> for TableJoin<L, R, J> {
    fn mean(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        put: &[Put],
        give: &mut impl Give<K, J::Out>,
    ) -> Result<(), String> {
        let lefts: Vec<_> = views::<L>(put, 0)?.into_iter().map(|left| ((), left)).collect();
        joined::<L, R, J, ()>(&lefts, &views::<R>(put, 1)?, |_, row| give(key, row));
        Ok(())
    }
}

impl<F: Key, K: Data, L: Data, R: Data, J: Kind<L, R>> TableMeaning<F, Unwindowed>
    for ForeignJoin<K, L, R, J>
{
    fn mean(
        &self,
        _: Unwindowed,
        _: F::View<'_>,
        _: i64,
        put: &[Put],
        give: &mut impl Give<K, J::Out>,
    ) -> Result<(), String> {
        let lefts = views::<(K, L)>(put, 0)?;
        joined::<L, R, J, _>(&lefts, &views::<R>(put, 1)?, |key, row| {
            if let Some(key) = key {
                give(key, row);
            }
        });
        Ok(())
    }
}
