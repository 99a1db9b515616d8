//! Joins of two tables: of the same key, or by a key of the other that rows of one refer to.
//!
//! A group holds the rows of both tables that have its key, as they come and go.

use crate::join::Kind;
use crate::monoid::{Moment, Monoid, Takes};
use crate::tabled::{Give, Tabled};
use crate::weighted::Weighted;
use ouzel_dsl::{Data, Key, Unwindowed};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The rows of both tables.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Both {
    left: Weighted,
    right: Weighted,
}

impl Both {
    /// Gives what a kind of join makes of the rows.
    fn rows<'a, L: Data, R: Data, J: Kind<L, R>, K: Copy>(
        lefts: impl Iterator<Item = (K, L::View<'a>)>,
        rights: &[R::View<'a>],
        mut give: impl FnMut(Option<K>, <J::Out as Data>::View<'a>),
    ) {
        let mut give = |key, left, right| {
            if let Some(row) = J::row(left, right) {
                give(key, row);
            }
        };
        let mut lefts = lefts.peekable();
        if lefts.peek().is_none() && J::ALONE[1] {
            rights.iter().for_each(|right| give(None, None, Some(*right)));
        }
        for (key, left) in lefts {
            if J::PAIRS {
                rights.iter().for_each(|right| give(Some(key), Some(left), Some(*right)));
            } else if J::MATCHED && !rights.is_empty() {
                give(Some(key), Some(left), None);
            }
            if J::ALONE[0] && rights.is_empty() {
                give(Some(key), Some(left), None);
            }
        }
    }

    fn merge(&mut self, other: Both) {
        self.left.merge(other.left);
        self.right.merge(other.right);
    }

    fn heap_bytes(&self) -> usize {
        self.left.heap_bytes() + self.right.heap_bytes()
    }

    fn is_empty(&self) -> bool {
        self.left.is_empty() && self.right.is_empty()
    }
}

macro_rules! joins {
    ($($(#[$doc:meta])* $name:ident<$($t:ident),+>, $Left:ty;)*) => {$(
        $(#[$doc])*
        #[allow(clippy::type_complexity)]
        pub struct $name<$($t),+>(PhantomData<fn() -> ($($t),+)>);

        impl<$($t),+> $name<$($t),+> {
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                $name(PhantomData)
            }
        }

        impl<$($t),+> Clone for $name<$($t),+> {
            fn clone(&self) -> Self {
                $name(PhantomData)
            }
        }

        impl<$($t: 'static),+> Monoid for $name<$($t),+> {
            type Acc = Both;

            fn zero(&self) -> Both {
                Both::default()
            }

            fn merge(&self, acc: &mut Both, other: Both) {
                acc.merge(other);
            }

            fn heap_bytes(&self, acc: &Both) -> usize {
                acc.heap_bytes()
            }
        }

        impl<$($t: 'static),+> Takes<0> for $name<$($t),+>
        where
            $Left: Data,
        {
            type In = $Left;

            fn add(&self, acc: &mut Both, row: <$Left as Data>::View<'_>, moment: Moment<'_>) {
                acc.left.add::<$Left>(row, moment.weight);
            }
        }

        impl<$($t: 'static),+> Takes<1> for $name<$($t),+>
        where
            R: Data,
        {
            type In = R;

            fn add(&self, acc: &mut Both, row: R::View<'_>, moment: Moment<'_>) {
                acc.right.add::<R>(row, moment.weight);
            }
        }
    )*};
}

joins! {
    /// A join of tables by the key of both.
    TableJoin<L, R, J>, L;
    /// A join by a key of the right table that rows of the left one, whose own key is `K`, refer to.
    ForeignJoin<K, L, R, J>, (K, L);
}

impl<K: Key, L: Data, R: Data, J: Kind<L, R>> Tabled<K, Unwindowed> for TableJoin<L, R, J> {
    type Keys = K;
    type Values = J::Out;
    const REMOVES: bool = true;

    fn rows(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        acc: &Both,
        give: &mut impl Give<K, J::Out>,
    ) -> Result<(), String> {
        let lefts = acc.left.iter::<L>().map(|left| ((), left));
        let rights: Vec<_> = acc.right.iter::<R>().collect();
        Both::rows::<L, R, J, ()>(lefts, &rights, |_, row| give(key, row));
        Ok(())
    }

    fn is_empty(&self, acc: &Both) -> bool {
        acc.is_empty()
    }
}

impl<F: Key, K: Data, L: Data, R: Data, J: Kind<L, R>> Tabled<F, Unwindowed>
    for ForeignJoin<K, L, R, J>
{
    type Keys = K;
    type Values = J::Out;
    const REMOVES: bool = true;

    fn rows(
        &self,
        _: Unwindowed,
        _: F::View<'_>,
        _: i64,
        acc: &Both,
        give: &mut impl Give<K, J::Out>,
    ) -> Result<(), String> {
        let rights: Vec<_> = acc.right.iter::<R>().collect();
        Both::rows::<L, R, J, _>(acc.left.iter::<(K, L)>(), &rights, |key, row| {
            if let Some(key) = key {
                give(key, row);
            }
        });
        Ok(())
    }

    fn is_empty(&self, acc: &Both) -> bool {
        acc.is_empty()
    }
}
