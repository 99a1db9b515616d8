use super::{Aggregate, Idempotent, Invertible};
use crate::data::Data;
use crate::place::Place;

macro_rules! tuples {
    ($($($t:ident $i:tt),+;)*) => {$(
        impl<$($t: Aggregate),+> Aggregate for ($($t,)+) {
            type In = ($($t::In,)+);
            type Acc = ($($t::Acc,)+);
            type Out = ($($t::Out,)+);

            fn zero(&self) -> Self::Acc {
                ($(self.$i.zero(),)+)
            }

            #[inline(always)]
            fn add(&self, acc: &mut Self::Acc, value: <Self::In as Data>::View<'_>) {
                $(self.$i.add(&mut acc.$i, value.$i);)+
            }

            const ORDERED: bool = $($t::ORDERED ||)+ false;

            #[inline(always)]
            fn add_at(
                &self,
                acc: &mut Self::Acc,
                value: <Self::In as Data>::View<'_>,
                place: Place<'_>,
            ) {
                $(self.$i.add_at(&mut acc.$i, value.$i, place);)+
            }

            #[inline]
            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                $(self.$i.merge(&mut acc.$i, other.$i);)+
            }

            fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
                Ok(($(self.$i.finish(&acc.$i)?,)+))
            }

            #[inline(always)]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                0 $(+ self.$i.heap_bytes(&acc.$i))+
            }

            fn check(&self) -> Result<(), String> {
                $(self.$i.check()?;)+
                Ok(())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($t: Invertible),+> Invertible for ($($t,)+) {
            fn subtract(&self, acc: &mut Self::Acc, other: Self::Acc) {
                $(self.$i.subtract(&mut acc.$i, other.$i);)+
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($t: Idempotent),+> Idempotent for ($($t,)+) {}
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15;
}

/// An aggregate whose result goes through a function: a record of aggregates is the record made
/// from a tuple of them.
#[derive(Clone)]
pub struct Mapped<A, F>(A, F);

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
