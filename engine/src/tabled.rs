//! What keyed operators give that make tables: rows for each group.

use crate::monoid::Monoid;
use ouzel_dsl::{Data, Key, Windows};

/// Takes a row: its key and value, as views of any lifetime.
pub trait Give<K: Data, V: Data>: FnMut(K::View<'_>, V::View<'_>) {}

impl<K: Data, V: Data, F: FnMut(K::View<'_>, V::View<'_>)> Give<K, V> for F {}

/// A keyed operator that gives a table.
pub trait Tabled<K: Key, W: Windows>: Monoid {
    /// The key of a row, window included.
    type Keys: Data;
    /// The rest of it.
    type Values: Data;

    /// Whether a row of a group may go while the group stays, or change its key.
    const REMOVES: bool = false;
    /// Whether a group is closed part by part, as sessions are, and not with its window.
    const PARTS: bool = false;

    /// Gives the rows of a group.
    ///
    /// # Errors
    ///
    /// Where a result does not fit its type.
    fn rows(
        &self,
        windows: W,
        key: K::View<'_>,
        start: i64,
        acc: &Self::Acc,
        give: &mut impl Give<Self::Keys, Self::Values>,
    ) -> Result<(), String>;

    /// Takes out of a group what no record can reach whose event time is `reach` or later.
    fn close(&self, _acc: &mut Self::Acc, _reach: i64) -> Option<Self::Acc> {
        None
    }

    /// Whether a group is as if it had never been.
    fn is_empty(&self, _acc: &Self::Acc) -> bool {
        false
    }
}
