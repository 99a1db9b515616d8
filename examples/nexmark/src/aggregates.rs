//! Aggregates of one's own: the language's `count_distinct` and `max_with_ties` do the same, but for
//! signed counts, which the suite asks for.
//!
//! Each is a function, whose arguments are closures in a job, and a type that says how records are
//! added to an accumulator, and how two accumulators become one.

use ouzel::dsl::aggregate::DataOf;
use ouzel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// What an accumulator may hold: data that can be compared, and written to a checkpoint.
pub trait Kept: Data + Clone + Ord + Serialize + DeserializeOwned {}

impl<T: Data + Clone + Ord + Serialize + DeserializeOwned> Kept for T {}

/// How many different values there are in the group; `None` does not count.
pub fn count_distinct<T: Kept>(_: Arg<Option<T>>) -> CountDistinct<T>
where
    Option<T>: Produce,
{
    CountDistinct(PhantomData)
}

/// See [`count_distinct`].
#[derive(Clone)]
pub struct CountDistinct<T>(PhantomData<fn() -> T>);

impl<T: Kept> Aggregate for CountDistinct<T> {
    type In = Option<T>;
    type Acc = BTreeSet<T>;
    type Out = i64;

    fn zero(&self) -> BTreeSet<T> {
        BTreeSet::new()
    }

    fn add(&self, seen: &mut BTreeSet<T>, value: Option<T::View<'_>>) {
        seen.extend(value.map(T::own));
    }

    fn merge(&self, seen: &mut BTreeSet<T>, mut other: BTreeSet<T>) {
        seen.append(&mut other);
    }

    fn finish(&self, seen: &BTreeSet<T>) -> Result<i64, String> {
        i64::try_from(seen.len()).map_err(|e| e.to_string())
    }

    fn heap_bytes(&self, seen: &BTreeSet<T>) -> usize {
        seen.len() * size_of::<T>()
    }
}

/// Of all records in the group that share the greatest `order`, the `row`: each as often as it
/// comes, in their own order.
pub fn max_all<O: Produce, R: Produce>(_: Arg<O>, _: Arg<R>) -> MaxAll<DataOf<O>, DataOf<R>> {
    MaxAll(PhantomData)
}

/// See [`max_all`].
#[derive(Clone)]
pub struct MaxAll<O, R>(PhantomData<fn() -> (O, R)>);

impl<O: Kept, R: Kept> Aggregate for MaxAll<O, R> {
    type In = (O, R);
    type Acc = Option<(O, Vec<R>)>;
    type Out = Vec<R>;

    fn zero(&self) -> Self::Acc {
        None
    }

    fn add(&self, best: &mut Self::Acc, (order, row): (O::View<'_>, R::View<'_>)) {
        let order = O::own(order);
        match best {
            Some((greatest, _)) if order < *greatest => {}
            Some((greatest, rows)) if order == *greatest => rows.push(R::own(row)),
            _ => *best = Some((order, vec![R::own(row)])),
        }
    }

    fn merge(&self, best: &mut Self::Acc, other: Self::Acc) {
        match (&mut *best, other) {
            (_, None) => {}
            (Some((greatest, _)), Some((order, _))) if order < *greatest => {}
            (Some((greatest, rows)), Some((order, more))) if order == *greatest => {
                rows.extend(more);
            }
            (_, other) => *best = other,
        }
    }

    fn finish(&self, best: &Self::Acc) -> Result<Vec<R>, String> {
        // The order of adding and merging must not be seen.
        let mut rows = best.as_ref().map(|(_, rows)| rows.clone()).unwrap_or_default();
        rows.sort_unstable();
        Ok(rows)
    }

    fn heap_bytes(&self, best: &Self::Acc) -> usize {
        best.as_ref().map_or(0, |(_, rows)| rows.capacity() * size_of::<R>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An accumulator of some values.
    fn of<A: Aggregate>(aggregate: &A, values: &[A::In]) -> A::Acc {
        let mut acc = aggregate.zero();
        values.iter().for_each(|value| aggregate.add(&mut acc, value.view()));
        acc
    }

    /// What values give, cut in two at each place, and merged from either side.
    fn results<A: Aggregate>(aggregate: A, values: &[A::In]) -> Vec<A::Out> {
        let cuts = (0..=values.len()).flat_map(|cut| {
            let (a, b) = values.split_at(cut);
            [(a, b), (b, a)]
        });
        let merged = cuts.map(|(a, b)| {
            let mut acc = of(&aggregate, a);
            aggregate.merge(&mut acc, of(&aggregate, b));
            aggregate.finish(&acc).unwrap()
        });
        merged.collect()
    }

    #[test]
    fn what_is_not_there_is_not_counted() {
        let values = [Some(3i64), None, Some(1), Some(3), None];
        assert!(results(count_distinct(Arg::new()), &values).iter().all(|n| *n == 2));
        assert_eq!(results(count_distinct::<i64>(Arg::new()), &[]), [0, 0]);
    }

    #[test]
    fn all_that_share_the_greatest_come_in_one_order() {
        let values = [(1, 9), (5, 4), (5, 2), (-1, 0), (5, 2), (4, 7)];
        let results = results(max_all::<i64, i64>(Arg::new(), Arg::new()), &values);
        assert!(results.iter().all(|rows| *rows == [2, 2, 4]), "{results:?}");
    }
}
