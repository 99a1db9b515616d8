use super::placed::{NOWHERE, Placed, order};
use super::{Aggregate, Arg, DataOf, Extremum, Ordered};
use crate::data::{Data, Produce};
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::marker::PhantomData;

/// Values of the best records of a group, the best first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: serde::de::DeserializeOwned"))]
pub struct BestBy<T, V> {
    records: Vec<(T, Placed<V>)>,
    /// What the records hold on the heap.
    heap_bytes: usize,
}

impl<T: Clone, V> Clone for BestBy<T, V> {
    fn clone(&self) -> Self {
        BestBy { records: self.records.clone(), heap_bytes: self.heap_bytes }
    }
}

impl<T: Ordered, V: Data> BestBy<T, V> {
    /// Adds a record if it is among the `k` best. It comes after those for which `order` says
    /// that it is greater.
    #[inline]
    fn add(
        &mut self,
        k: usize,
        order: impl Fn(&(T, Placed<V>)) -> Ordering,
        record: impl FnOnce() -> (T, Placed<V>),
    ) {
        // Most records of a long stream are not among the best: one comparison.
        let room = self.records.len() < k;
        if !room && self.records.last().is_none_or(|last| order(last) != Ordering::Less) {
            return;
        }
        let place = self.records.partition_point(|held| order(held) == Ordering::Greater);
        if !room && let Some(last) = self.records.pop() {
            self.heap_bytes = self.heap_bytes.saturating_sub(heap_bytes(&last));
        }
        let record = record();
        self.heap_bytes += heap_bytes(&record);
        self.records.insert(place, record);
    }
}

fn heap_bytes<T: Ordered, V>((by, value): &(T, Placed<V>)) -> usize {
    by.heap_bytes() + value.heap_bytes()
}

macro_rules! best_by {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, |$order:ident| $first:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        #[allow(clippy::type_complexity)]
        pub struct $Name<T, V>(usize, PhantomData<fn() -> (T, V)>);

        impl<T, V> Clone for $Name<T, V> {
            fn clone(&self) -> Self {
                $Name(self.0, PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce, Q: Produce>(
            k: usize,
            _: Arg<P>,
            _: Arg<Q>,
        ) -> $Name<<DataOf<P> as Extremum>::Itself, DataOf<Q>>
        where
            DataOf<P>: Extremum,
        {
            $Name(k, PhantomData)
        }

        impl<T: Extremum, V: Data> Aggregate for $Name<T, V> {
            type In = (T, V);
            type Acc = BestBy<T::Item, V>;
            type Out = Vec<V>;

            fn zero(&self) -> Self::Acc {
                BestBy { records: Vec::new(), heap_bytes: 0 }
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
                let compared = |(best, held): &(T::Item, Placed<V>)| {
                    let $order = T::Item::order(by, best.view());
                    $first.then_with(|| order(place, held.place()))
                };
                acc.add(self.0, compared, || (T::Item::own(by), Placed::new(place, value)));
            }

            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                for (by, other) in &other.records {
                    let compared = |(best, held): &(T::Item, Placed<V>)| {
                        let $order = T::Item::order(by.view(), best.view());
                        $first.then_with(|| other.place().cmp(held.place()))
                    };
                    acc.add(self.0, compared, || (by.clone(), other.clone()));
                }
            }

            fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
                acc.records.iter().map(|(_, value)| value.value()).collect()
            }

            #[inline]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                acc.records.capacity() * size_of::<(T::Item, Placed<V>)>() + acc.heap_bytes
            }
        }
    )*};
}

best_by! {
    /// What the second closure gives for the `k` records whose first values are the greatest, as a
    /// `Vec`, the greatest first. Of those with the same first value the earliest in canonical order
    /// comes first, and stays where there is no room for all.
    ///
    /// The first value is one that [`max`](super::max) takes, and `None` does not count. The second
    /// is any value that can travel, a field, a tuple or the record itself, `|b| b`, and is given to
    /// the bit. Records need an event time. In a job,
    /// `top_k_by(3, |b| b.price, |b| (b.auction, b.bidder))`. The column is `top_k_by_` and the
    /// second closure's field.
    ///
    /// A group holds both values and the places of `k` records, about 30 bytes each. A record that
    /// is not among them takes one comparison, another as many steps as there are records.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, top_k_by};
    ///
    /// let bids = [(4, "a"), (9, "b"), (1, "c"), (9, "d"), (4, "e")];
    /// let bids = bids.map(|(price, bidder)| (price, bidder.to_owned()));
    /// let best = top_k_by(3, Arg::<i64>::new(), Arg::<String>::new());
    /// assert_eq!(laws::result(&best, &bids)?, ["b", "d", "a"]);
    /// # Ok::<(), String>(())
    /// ```
    top_k_by, TopKBy, |order| order.reverse();
    /// What the second closure gives for the `k` records whose first values are the least, as a
    /// `Vec`, the least first. See [`top_k_by`]: of those with the same first value, too, the
    /// earliest comes first.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, bottom_k_by, laws};
    ///
    /// let bids = [(4, "a"), (9, "b"), (1, "c"), (9, "d"), (4, "e")];
    /// let bids = bids.map(|(price, bidder)| (price, bidder.to_owned()));
    /// let best = bottom_k_by(2, Arg::<i64>::new(), Arg::<String>::new());
    /// assert_eq!(laws::result(&best, &bids)?, ["c", "a"]);
    /// # Ok::<(), String>(())
    /// ```
    bottom_k_by, BottomKBy, |order| order;
}
