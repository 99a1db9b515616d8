use super::placed::{NOWHERE, Placed, order};
use super::{Aggregate, Arg, DataOf, Extremum, Idempotent, Ordered};
use crate::data::{Data, Produce};
use crate::place::Place;
use std::cmp::Ordering;
use std::marker::PhantomData;

macro_rules! extrema_by {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $wanted:path;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        #[allow(clippy::type_complexity)]
        pub struct $Name<T, V>(PhantomData<fn() -> (T, V)>);

        impl<T, V> Clone for $Name<T, V> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce, Q: Produce>(
            _: Arg<P>,
            _: Arg<Q>,
        ) -> $Name<<DataOf<P> as Extremum>::Itself, DataOf<Q>>
        where
            DataOf<P>: Extremum,
        {
            $Name(PhantomData)
        }

        impl<T: Extremum, V: Data> Aggregate for $Name<T, V> {
            type In = (T, V);
            type Acc = Option<(T::Item, Placed<V>)>;
            type Out = T::Of<V>;

            fn zero(&self) -> Self::Acc {
                None
            }

            fn add(&self, acc: &mut Self::Acc, value: <Self::In as Data>::View<'_>) {
                self.add_at(acc, value, NOWHERE);
            }

            const ORDERED: bool = true;

            #[inline]
            fn add_at(
                &self,
                acc: &mut Self::Acc,
                (by, value): <Self::In as Data>::View<'_>,
                place: Place<'_>,
            ) {
                let Some(by) = T::item(by) else { return };
                let Some((best, held)) = acc else {
                    *acc = Some((T::Item::own(by), Placed::new(place, value)));
                    return;
                };
                match T::Item::order(by, best.view()) {
                    $wanted => *best = T::Item::own(by),
                    Ordering::Equal if order(place, held.place()) == Ordering::Less => {}
                    _ => return,
                }
                held.set(place, value);
            }

            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                let Some((by, other)) = other else { return };
                let better = acc.as_ref().is_none_or(|(best, held)| {
                    match T::Item::order(by.view(), best.view()) {
                        Ordering::Equal => other.place() < held.place(),
                        order => order == $wanted,
                    }
                });
                if better {
                    *acc = Some((by, other));
                }
            }

            fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
                T::of(acc.as_ref().map(|(_, held)| held.value()).transpose()?)
            }

            #[inline(always)]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                acc.as_ref().map_or(0, |(best, held)| best.heap_bytes() + held.heap_bytes())
            }
        }

        impl<T: Extremum, V: Data> Idempotent for $Name<T, V> {}
    )*};
}

extrema_by! {
    /// What the second closure gives for the record whose first value is the least. Of several such
    /// records it is the earliest in canonical order: by event time, then by address.
    ///
    /// The first value is one that [`min`](super::min) takes, and `None` does not count; over an
    /// option the result is an option too. The second is any value that can travel, a field, a tuple
    /// or the record itself, `|f| f`, and is given to the bit. Records need an event time. In a job,
    /// `min_by(|f| f.dep_delay, |f| f.tailnum)`. The column is `min_by_` and the second closure's
    /// field. For all records that tie see [`min_with_ties`](super::min_with_ties).
    ///
    /// A group holds both values and the record's place, about 30 bytes; a record takes one
    /// comparison.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, min_by};
    ///
    /// let flights = [(Some(2.0), "N14228"), (None, "N668DN"), (Some(-6.0), "N24211"), (Some(-6.0), "N804JB")];
    /// let flights = flights.map(|(delay, tailnum)| (delay, tailnum.to_owned()));
    /// let earliest = min_by(Arg::<Option<f64>>::new(), Arg::<String>::new());
    /// assert_eq!(laws::result(&earliest, &flights)?.as_deref(), Some("N24211"));
    /// # Ok::<(), String>(())
    /// ```
    min_by, MinBy, Ordering::Less;
    /// What the second closure gives for the record whose first value is the greatest. Of several
    /// such records it is the earliest in canonical order, as with [`min_by`].
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, max_by};
    ///
    /// let bids = [(7, 3), (9, 8), (2, 1), (9, 4)];
    /// assert_eq!(laws::result(&max_by(Arg::<i64>::new(), Arg::<i64>::new()), &bids)?, 8);
    /// # Ok::<(), String>(())
    /// ```
    max_by, MaxBy, Ordering::Greater;
}
