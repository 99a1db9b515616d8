use super::placed::{NOWHERE, Placed, order};
use super::{Aggregate, Arg, DataOf, Idempotent};
use crate::data::{Data, Produce};
use crate::place::Place;
use std::cmp::Ordering;
use std::marker::PhantomData;

macro_rules! ends {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $wanted:path;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        pub struct $Name<T>(PhantomData<fn() -> T>);

        impl<T> Clone for $Name<T> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce>(_: Arg<P>) -> $Name<DataOf<P>> {
            $Name(PhantomData)
        }

        impl<T: Data> Aggregate for $Name<T> {
            type In = T;
            type Acc = Option<Placed<T>>;
            type Out = T;

            fn zero(&self) -> Self::Acc {
                None
            }

            fn add(&self, acc: &mut Self::Acc, value: T::View<'_>) {
                self.add_at(acc, value, NOWHERE);
            }

            const ORDERED: bool = true;

            #[inline]
            fn add_at(&self, acc: &mut Self::Acc, value: T::View<'_>, place: Place<'_>) {
                match acc {
                    None => *acc = Some(Placed::new(place, value)),
                    Some(held) if order(place, held.place()) == $wanted => held.set(place, value),
                    Some(_) => {}
                }
            }

            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                let Some(other) = other else { return };
                match acc {
                    Some(held) if other.place().cmp(held.place()) != $wanted => {}
                    _ => *acc = Some(other),
                }
            }

            fn finish(&self, acc: &Self::Acc) -> Result<T, String> {
                let of_nothing = concat!(
                    "the ", stringify!($name),
                    " of no records; `non_empty(..)` around it gives `None` then",
                );
                acc.as_ref().ok_or(of_nothing)?.value()
            }

            #[inline(always)]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                acc.as_ref().map_or(0, Placed::heap_bytes)
            }
        }

        impl<T: Data> Idempotent for $Name<T> {}
    )*};
}

ends! {
    /// The value of the group's first record in canonical order: that of the least event time, and
    /// among those of one time that of the least address.
    ///
    /// It takes any value that can travel, and gives it to the bit. Records need an event time, but
    /// need not come in its order. A value that is `None` is a value: without these,
    /// `filtered(|f| f.gate.is_some(), first(|f| f.gate))`. In a job, `first(|f| f.gate)`. The column
    /// is `first_` and the field's name.
    ///
    /// A group holds the value and the record's place, about 30 bytes; a record takes one comparison
    /// of times.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, Timestamp, first, laws};
    ///
    /// let gates = [(9, 31), (4, 7), (4, 12)].map(|(n, gate)| (Timestamp::from_micros(n), gate));
    /// assert_eq!(laws::result_at(&first(Arg::<i64>::new()), &gates)?, 7);
    /// # Ok::<(), String>(())
    /// ```
    first, First, Ordering::Less;
    /// The value of the group's last record in canonical order: that of the greatest event time, and
    /// among those of one time that of the greatest address. See [`first`].
    ///
    /// ```
    /// use ouzel_dsl::{Arg, Timestamp, last, laws};
    ///
    /// let gates = [(9, 31), (9, 7), (4, 12)].map(|(n, gate)| (Timestamp::from_micros(n), gate));
    /// assert_eq!(laws::result_at(&last(Arg::<i64>::new()), &gates)?, 7);
    /// # Ok::<(), String>(())
    /// ```
    last, Last, Ordering::Greater;
}
