use super::{Aggregate, Idempotent, Invertible};
use crate::data::Data;
use crate::place::Place;

/// An aggregate whose result goes through a function. See [`Aggregate::map_result`]; a record of
/// aggregates, too, is the record made from a tuple of them.
#[derive(Clone)]
pub struct Mapped<A, F>(pub(super) A, pub(super) F);

impl<A: Aggregate, O: Data, F: Fn(A::Out) -> O + Clone + Send + Sync + 'static> Mapped<A, F> {
    /// Sends the result of `aggregate` through `finish`.
    pub fn new(aggregate: A, finish: F) -> Self {
        Mapped(aggregate, finish)
    }
}

impl<A: Aggregate, O: Data, F: Fn(A::Out) -> O + Clone + Send + Sync + 'static> Aggregate
    for Mapped<A, F>
{
    type In = A::In;
    type Acc = A::Acc;
    type Out = O;

    fn zero(&self) -> A::Acc {
        self.0.zero()
    }

    #[inline(always)]
    fn add(&self, acc: &mut A::Acc, value: <A::In as Data>::View<'_>) {
        self.0.add(acc, value);
    }

    const ORDERED: bool = A::ORDERED;

    #[inline(always)]
    fn add_at(&self, acc: &mut A::Acc, value: <A::In as Data>::View<'_>, place: Place<'_>) {
        self.0.add_at(acc, value, place);
    }

    #[inline]
    fn merge(&self, acc: &mut A::Acc, other: A::Acc) {
        self.0.merge(acc, other);
    }

    fn finish(&self, acc: &A::Acc) -> Result<O, String> {
        self.0.finish(acc).map(&self.1)
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &A::Acc) -> usize {
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

impl<A: Invertible, O: Data, F: Fn(A::Out) -> O + Clone + Send + Sync + 'static> Invertible
    for Mapped<A, F>
{
    fn subtract(&self, acc: &mut A::Acc, other: A::Acc) {
        self.0.subtract(acc, other);
    }
}

impl<A: Idempotent, O: Data, F: Fn(A::Out) -> O + Clone + Send + Sync + 'static> Idempotent
    for Mapped<A, F>
{
}
