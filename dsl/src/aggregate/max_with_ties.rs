use super::{Aggregate, Arg, DataOf, Extremum, KeyBag, Ordered};
use crate::data::{Data, Produce};
use crate::key::Key;
use std::cmp::Ordering;
use std::marker::PhantomData;

macro_rules! with_ties {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $wanted:path;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        #[allow(clippy::type_complexity)]
        pub struct $Name<T, R>(PhantomData<fn() -> (T, R)>);

        impl<T, R> Clone for $Name<T, R> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        #[allow(clippy::type_complexity)]
        pub fn $name<P: Produce, Q: Produce>(
            _: Arg<P>,
            _: Arg<Q>,
        ) -> $Name<<DataOf<P> as Extremum>::Itself, <DataOf<Q> as Key>::Itself>
        where
            DataOf<P>: Extremum,
            DataOf<Q>: Key,
        {
            $Name(PhantomData)
        }

        impl<T: Extremum, R: Key> Aggregate for $Name<T, R> {
            type In = (T, R);
            type Acc = (Option<T::Item>, KeyBag<R>);
            type Out = Vec<R>;

            fn zero(&self) -> Self::Acc {
                (None, KeyBag::default())
            }

            #[inline]
            fn add(&self, (best, rows): &mut Self::Acc, value: <Self::In as Data>::View<'_>) {
                let Some(order) = T::item(value.0) else { return };
                match best.as_ref().map(|best| T::Item::order(order, best.view())) {
                    Some(Ordering::Equal) => {}
                    None | Some($wanted) => {
                        *best = Some(T::Item::own(order));
                        rows.clear();
                    }
                    Some(_) => return,
                }
                rows.insert(value.1);
            }

            fn merge(&self, (best, rows): &mut Self::Acc, other: Self::Acc) {
                let Some(order) = other.0 else { return };
                match best.as_ref().map(|best| T::Item::order(order.view(), best.view())) {
                    Some(Ordering::Equal) => rows.merge(other.1),
                    None | Some($wanted) => (*best, *rows) = (Some(order), other.1),
                    Some(_) => {}
                }
            }

            fn finish(&self, (_, rows): &Self::Acc) -> Result<Vec<R>, String> {
                rows.sorted()
            }

            #[inline]
            fn heap_bytes(&self, (best, rows): &Self::Acc) -> usize {
                best.as_ref().map_or(0, T::Item::heap_bytes) + rows.heap_bytes()
            }
        }
    )*};
}

with_ties! {
    /// What the second closure gives for all the records whose first value is the greatest, as a
    /// `Vec` in the order of keys: SQL's `FETCH FIRST ROW WITH TIES`.
    ///
    /// The first value is one that [`max`](super::max) takes, and `None` does not count. The second
    /// is whatever can be a [`Key`]: a field, a tuple, or the record itself, `|b| b`; it is given as
    /// keys are, -0.0 as 0.0 and all NaN as one. In a job,
    /// `max_with_ties(|b| b.price, |b| (b.auction, b.bidder))`. The column is `max_with_ties_` and
    /// the second closure's field.
    ///
    /// All that tie are given, and none is chosen, since no order of records is there to choose by.
    /// A group holds the greatest value and what ties; adding takes constant time.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, max_with_ties};
    ///
    /// let bids = [(7.5, 3), (9.0, 8), (2.0, 1), (9.0, 4)];
    /// let winners = max_with_ties(Arg::<f64>::new(), Arg::<i64>::new());
    /// assert_eq!(laws::result(&winners, &bids)?, [4, 8]);
    /// # Ok::<(), String>(())
    /// ```
    max_with_ties, MaxWithTies, Ordering::Greater;
    /// What the second closure gives for all the records whose first value is the least, as a `Vec`
    /// in the order of keys. See [`max_with_ties`].
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, min_with_ties};
    ///
    /// let bids = [(7.5, 3), (2.0, 8), (2.0, 1), (9.0, 4)];
    /// let losers = min_with_ties(Arg::<f64>::new(), Arg::<i64>::new());
    /// assert_eq!(laws::result(&losers, &bids)?, [1, 8]);
    /// # Ok::<(), String>(())
    /// ```
    min_with_ties, MinWithTies, Ordering::Less;
}
