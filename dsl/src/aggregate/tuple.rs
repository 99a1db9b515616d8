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

            #[inline(always)]
            fn takes(&self, value: <Self::In as Data>::View<'_>) -> bool {
                $(self.$i.takes(value.$i) ||)+ false
            }
        }

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
