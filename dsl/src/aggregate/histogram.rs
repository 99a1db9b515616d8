use super::{Aggregate, Arg, DataOf, Extremum, Invertible, Ordered};
use crate::data::{Data, Produce};
use std::cmp::Ordering;
use std::marker::PhantomData;
use std::sync::Arc;

/// How many values there are between edges. See [`histogram`].
pub struct Histogram<T: Extremum>(Arc<[T::Item]>, PhantomData<fn() -> T>);

impl<T: Extremum> Clone for Histogram<T> {
    fn clone(&self) -> Self {
        Histogram(self.0.clone(), PhantomData)
    }
}

/// What a closure's values are compared with.
type Edge<P> = <<DataOf<P> as Extremum>::Itself as Extremum>::Item;

/// How many of the group's values there are below the least edge, from each edge up to the next, and
/// from the greatest on: a `Vec` of one count more than there are edges. `None` does not count.
///
/// It takes what [`max`](super::max) takes, with edges of the same type in any order, and compares
/// values as that does: -0.0 is below 0.0, and NaN above all. The counts are exact. In a job,
/// `histogram([0.0, 15.0, 60.0], |f| f.dep_delay)`. The column is `histogram_` and the field's name.
///
/// A group takes a word for each count, and a value a binary search.
///
/// ```
/// use ouzel_dsl::{Arg, histogram, laws};
///
/// let delays = [-3, 0, 12, 15, 240];
/// let histogram = histogram([0, 15, 60], Arg::<i64>::new());
/// assert_eq!(laws::result(&histogram, &delays)?, [1, 2, 1, 1]);
/// # Ok::<(), String>(())
/// ```
pub fn histogram<P: Produce>(
    edges: impl IntoIterator<Item = Edge<P>>,
    _: Arg<P>,
) -> Histogram<<DataOf<P> as Extremum>::Itself>
where
    DataOf<P>: Extremum,
{
    let mut edges: Vec<_> = edges.into_iter().collect();
    edges.sort_by(|a, b| Edge::<P>::order(a.view(), b.view()));
    Histogram(edges.into(), PhantomData)
}

impl<T: Extremum> Aggregate for Histogram<T> {
    type In = T;
    type Acc = Vec<u64>;
    type Out = Vec<u64>;

    fn zero(&self) -> Vec<u64> {
        vec![0; self.0.len() + 1]
    }

    #[inline]
    fn add(&self, acc: &mut Vec<u64>, value: T::View<'_>) {
        let Some(value) = T::item(value) else { return };
        let place =
            self.0.partition_point(|edge| T::Item::order(edge.view(), value) != Ordering::Greater);
        acc[place] = acc[place].wrapping_add(1);
    }

    fn merge(&self, acc: &mut Vec<u64>, other: Vec<u64>) {
        acc.iter_mut().zip(other).for_each(|(a, b)| *a = a.wrapping_add(b));
    }

    fn finish(&self, acc: &Vec<u64>) -> Result<Vec<u64>, String> {
        Ok(acc.clone())
    }

    #[inline]
    fn heap_bytes(&self, acc: &Vec<u64>) -> usize {
        acc.capacity() * size_of::<u64>()
    }
}

impl<T: Extremum> Invertible for Histogram<T> {
    fn subtract(&self, acc: &mut Vec<u64>, other: Vec<u64>) {
        acc.iter_mut().zip(other).for_each(|(a, b)| *a = a.wrapping_sub(b));
    }
}
