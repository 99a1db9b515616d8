use super::{Aggregate, Arg, DataOf, Extremum, Ordered};
use crate::data::{Data, Produce};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::marker::PhantomData;

/// The best values of a group, the best first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Best<T> {
    values: Vec<T>,
    /// What the values hold on the heap.
    heap_bytes: usize,
}

impl<T: Ordered> Best<T> {
    /// Adds a value if it is among the `k` best. Those it is the same as stay before it.
    #[inline]
    fn add(&mut self, k: usize, value: T::View<'_>, better: Ordering) {
        // Most values of a long stream are not among the best: one comparison.
        let room = self.values.len() < k;
        let last = self.values.last().map(|last| T::order(value, last.view()));
        if !room && last.is_none_or(|order| order != better) {
            return;
        }
        let place = self.values.partition_point(|held| T::order(value, held.view()) != better);
        if !room && let Some(last) = self.values.pop() {
            self.heap_bytes -= last.heap_bytes();
        }
        let value = T::own(value);
        self.heap_bytes += value.heap_bytes();
        self.values.insert(place, value);
    }
}

macro_rules! best {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $better:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        pub struct $Name<T>(usize, PhantomData<fn() -> T>);

        impl<T> Clone for $Name<T> {
            fn clone(&self) -> Self {
                $Name(self.0, PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce>(k: usize, _: Arg<P>) -> $Name<<DataOf<P> as Extremum>::Itself>
        where
            DataOf<P>: Extremum,
        {
            $Name(k, PhantomData)
        }

        impl<T: Extremum> Aggregate for $Name<T> {
            type In = T;
            type Acc = Best<T::Item>;
            type Out = Vec<T::Item>;

            fn zero(&self) -> Self::Acc {
                Best { values: Vec::new(), heap_bytes: 0 }
            }

            #[inline]
            fn add(&self, acc: &mut Self::Acc, value: T::View<'_>) {
                if let Some(value) = T::item(value) {
                    acc.add(self.0, value, $better);
                }
            }

            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                other.values.iter().for_each(|value| acc.add(self.0, value.view(), $better));
            }

            fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
                Ok(acc.values.clone())
            }

            #[inline]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                acc.values.capacity() * size_of::<T::Item>() + acc.heap_bytes
            }
        }
    )*};
}

best! {
    /// The `k` greatest values in the group as a `Vec`, the greatest first, each as often as it is
    /// there; all of them where there are fewer. `None` does not count.
    ///
    /// It takes what [`max`](super::max) takes, and orders values as that does. To know whose values
    /// they are take tuples, `top_k(3, |b| (b.price, b.bidder))`: they are compared part by part, so
    /// that nothing depends on which record came first. The column is `top_k_` and the field's name.
    ///
    /// A group holds `k` values. A value that is not among them takes one comparison, another as
    /// many steps as there are values.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, top_k};
    ///
    /// assert_eq!(laws::result(&top_k(3, Arg::<i64>::new()), &[4, 9, 1, 9, 7])?, [9, 9, 7]);
    /// # Ok::<(), String>(())
    /// ```
    top_k, TopK, Ordering::Greater;
    /// The `k` least values in the group as a `Vec`, the least first. See [`top_k`].
    ///
    /// ```
    /// use ouzel_dsl::{Arg, bottom_k, laws};
    ///
    /// assert_eq!(laws::result(&bottom_k(3, Arg::<i64>::new()), &[4, 9, 1, 9, 7])?, [1, 4, 7]);
    /// # Ok::<(), String>(())
    /// ```
    bottom_k, BottomK, Ordering::Less;
}
