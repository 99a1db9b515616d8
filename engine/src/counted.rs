//! Aggregates of tables: what goes is taken out again.

use crate::monoid::{Moment, Monoid, Takes};
use crate::tabled::{Give, Tabled};
use ouzel_dsl::{Data, Invertible, Key, Unwindowed};

/// An aggregate of rows that come and go. A group is there as long as it has one.
#[derive(Clone)]
pub struct Counted<A>(pub A);

impl<A: Invertible> Monoid for Counted<A> {
    type Acc = (i64, A::Acc);

    fn zero(&self) -> Self::Acc {
        (0, self.0.zero())
    }

    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        acc.0 += other.0;
        self.0.merge(&mut acc.1, other.1);
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        self.0.heap_bytes(&acc.1)
    }
}

impl<A: Invertible> Takes<0> for Counted<A> {
    type In = A::In;

    fn add(&self, acc: &mut Self::Acc, value: <A::In as Data>::View<'_>, moment: Moment<'_>) {
        acc.0 += moment.weight;
        if moment.weight > 0 {
            return self.0.add_at(&mut acc.1, value, moment.place);
        }
        let mut gone = self.0.zero();
        self.0.add_at(&mut gone, value, moment.place);
        self.0.subtract(&mut acc.1, gone);
    }
}

impl<K: Key, A: Invertible> Tabled<K, Unwindowed> for Counted<A> {
    type Keys = K;
    type Values = A::Out;
    const REMOVES: bool = true;

    fn rows(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        acc: &Self::Acc,
        give: &mut impl Give<K, A::Out>,
    ) -> Result<(), String> {
        if acc.0 > 0 {
            give(key, self.0.finish(&acc.1)?.view());
        }
        Ok(())
    }

    fn is_empty(&self, acc: &Self::Acc) -> bool {
        acc.0 == 0
    }
}
