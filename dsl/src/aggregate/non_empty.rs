use super::{Aggregate, Idempotent, Invertible};
use crate::data::Data;
use crate::place::Place;

/// The result of an aggregate, if there were any records. See [`non_empty`].
#[derive(Clone)]
pub struct NonEmpty<A>(A);

/// The result of an aggregate as an `Option`: `None` where no record was added to it.
///
/// A group has a record, and so this says something only around or within
/// [`filtered`](super::filtered): `non_empty(filtered(|b| b.open, max(|b| b.price)))`. Records whose
/// value is `None` are records. The column is that of what stands within; where that is a tuple or a
/// record, the option is one column, and needs `named`.
///
/// It holds what the aggregate within holds, and a count.
///
/// ```
/// use ouzel_dsl::{Arg, filtered, laws, max, non_empty};
///
/// let greatest = non_empty(filtered(Arg::<bool>::new(), max(Arg::<i64>::new())));
/// assert_eq!(laws::result(&greatest, &[Some(3), None])?, Some(3));
/// assert_eq!(laws::result(&greatest, &[None, None])?, None);
/// # Ok::<(), String>(())
/// ```
pub fn non_empty<A>(aggregate: A) -> NonEmpty<A> {
    NonEmpty(aggregate)
}

impl<A: Aggregate> Aggregate for NonEmpty<A> {
    type In = A::In;
    type Acc = (u64, A::Acc);
    type Out = Option<A::Out>;

    fn zero(&self) -> Self::Acc {
        (0, self.0.zero())
    }

    #[inline(always)]
    fn add(&self, (added, acc): &mut Self::Acc, value: <A::In as Data>::View<'_>) {
        *added = added.wrapping_add(self.0.takes(value).into());
        self.0.add(acc, value);
    }

    const ORDERED: bool = A::ORDERED;

    #[inline(always)]
    fn add_at(
        &self,
        (added, acc): &mut Self::Acc,
        value: <A::In as Data>::View<'_>,
        place: Place<'_>,
    ) {
        *added = added.wrapping_add(self.0.takes(value).into());
        self.0.add_at(acc, value, place);
    }

    #[inline]
    fn merge(&self, (added, acc): &mut Self::Acc, other: Self::Acc) {
        *added = added.wrapping_add(other.0);
        self.0.merge(acc, other.1);
    }

    fn finish(&self, (added, acc): &Self::Acc) -> Result<Option<A::Out>, String> {
        (*added > 0).then(|| self.0.finish(acc)).transpose()
    }

    #[inline(always)]
    fn heap_bytes(&self, (_, acc): &Self::Acc) -> usize {
        self.0.heap_bytes(acc)
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }

    #[inline(always)]
    fn takes(&self, value: <A::In as Data>::View<'_>) -> bool {
        self.0.takes(value)
    }
}

impl<A: Invertible> Invertible for NonEmpty<A> {
    fn subtract(&self, (added, acc): &mut Self::Acc, other: Self::Acc) {
        *added = added.wrapping_sub(other.0);
        self.0.subtract(acc, other.1);
    }
}

impl<A: Idempotent> Idempotent for NonEmpty<A> {}
