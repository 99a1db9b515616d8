use super::{Aggregate, Arg, Condition, DataOf, Idempotent, Invertible};
use crate::data::{Data, Produce};
use crate::place::Place;

/// An aggregate over the records for which a condition is true. See [`filtered`].
#[derive(Clone)]
pub struct Filtered<A>(A);

/// An aggregate over those of the group's records for which a condition is true: SQL's
/// `FILTER (WHERE ..)`. A condition that is `None` is not true.
///
/// In a job, `filtered(|b| b.price > 100, count())`. What stands within runs only on records for
/// which the condition is true, and may rely on it: `filtered(|b| b.n > 0, mean(|b| 100 / b.n))`. It
/// may be a tuple or a record of aggregates, and hold more combinators.
///
/// A group is there whether it has such records or not. Where it has none, the result is that of no
/// records: 0 of `count`, and an error of `max` over anything but an option. With
/// [`non_empty`](super::non_empty) it is `None`. The column is `filtered_` and that of what stands
/// within.
///
/// It holds what the aggregate within holds. Outside of a job it takes an option of what that takes:
/// `None` where the condition is not true.
///
/// ```
/// use ouzel_dsl::{Arg, filtered, laws, non_empty, sum};
///
/// let some = filtered(Arg::<bool>::new(), sum(Arg::<i64>::new()));
/// assert_eq!(laws::result(&some, &[Some(3), None, Some(4)])?, 7);
/// let none = non_empty(some);
/// assert_eq!(laws::result(&none, &[None, None])?, None);
/// # Ok::<(), String>(())
/// ```
pub fn filtered<P: Produce, A>(_: Arg<P>, aggregate: A) -> Filtered<A>
where
    DataOf<P>: Condition,
{
    Filtered(aggregate)
}

/// Whether the value of a condition is true.
#[doc(hidden)]
#[inline(always)]
pub fn holds<P: Produce>(condition: &P) -> bool
where
    DataOf<P>: Condition,
{
    DataOf::<P>::holds(condition.produce()) == Some(true)
}

impl<A: Aggregate> Aggregate for Filtered<A> {
    type In = Option<A::In>;
    type Acc = A::Acc;
    type Out = A::Out;

    fn zero(&self) -> A::Acc {
        self.0.zero()
    }

    #[inline(always)]
    fn add(&self, acc: &mut A::Acc, value: Option<<A::In as Data>::View<'_>>) {
        if let Some(value) = value {
            self.0.add(acc, value);
        }
    }

    const ORDERED: bool = A::ORDERED;

    #[inline(always)]
    fn add_at(&self, acc: &mut A::Acc, value: Option<<A::In as Data>::View<'_>>, place: Place<'_>) {
        if let Some(value) = value {
            self.0.add_at(acc, value, place);
        }
    }

    #[inline]
    fn merge(&self, acc: &mut A::Acc, other: A::Acc) {
        self.0.merge(acc, other);
    }

    fn finish(&self, acc: &A::Acc) -> Result<A::Out, String> {
        self.0.finish(acc)
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &A::Acc) -> usize {
        self.0.heap_bytes(acc)
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }

    #[inline(always)]
    fn takes(&self, value: Option<<A::In as Data>::View<'_>>) -> bool {
        value.is_some_and(|value| self.0.takes(value))
    }
}

impl<A: Invertible> Invertible for Filtered<A> {
    fn subtract(&self, acc: &mut A::Acc, other: A::Acc) {
        self.0.subtract(acc, other);
    }
}

impl<A: Idempotent> Idempotent for Filtered<A> {}
