//! Aggregates of streams: a row for each group.

use crate::monoid::{Moment, Monoid, Takes};
use crate::tabled::{Give, Tabled};
use ouzel_dsl::{Aggregate, Data, Key, Windows};

/// An aggregate as a keyed operator.
#[derive(Clone)]
pub struct Plain<A>(pub A);

impl<A: Aggregate> Monoid for Plain<A> {
    type Acc = A::Acc;

    #[inline(always)]
    fn zero(&self) -> A::Acc {
        self.0.zero()
    }

    #[inline(always)]
    fn merge(&self, acc: &mut A::Acc, other: A::Acc) {
        self.0.merge(acc, other);
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &A::Acc) -> usize {
        self.0.heap_bytes(acc)
    }
}

impl<A: Aggregate> Takes<0> for Plain<A> {
    type In = A::In;

    #[inline(always)]
    fn add(&self, acc: &mut A::Acc, value: <A::In as Data>::View<'_>, moment: Moment<'_>) {
        self.0.add_at(acc, value, moment.place);
    }
}

impl<K: Key, W: Windows, A: Aggregate> Tabled<K, W> for Plain<A> {
    type Keys = W::Keyed<K>;
    type Values = A::Out;

    #[inline(always)]
    fn rows(
        &self,
        windows: W,
        key: K::View<'_>,
        start: i64,
        acc: &A::Acc,
        give: &mut impl Give<Self::Keys, Self::Values>,
    ) -> Result<(), String> {
        let value = self.0.finish(acc)?;
        give(windows.keyed::<K>(key, start), value.view());
        Ok(())
    }
}
