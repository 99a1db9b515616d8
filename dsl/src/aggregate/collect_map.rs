use super::{Arg, DataOf, Last, PerKey, last, per_key};
use crate::data::Produce;
use crate::key::Key;

/// The last value of each key. See [`collect_map`].
pub type CollectMap<K, V> = PerKey<K, Last<V>>;

/// A map from what the first closure gives to what the second gives, as a `Vec` of keys and values
/// in the order of keys. Of records with the same key it holds the value of the last in canonical
/// order: by event time, then by address. A key that is `None` does not count.
///
/// The first value is whatever can be a [`Key`], and keys are given as keys are: -0.0 as 0.0, and all
/// NaN as one. The second is any value that can travel, and is given to the bit. Records need an
/// event time. In a job, `collect_map(|s| s.sensor, |s| s.reading)`. The column is `collect_map_` and
/// the second closure's field. It is [`per_key`] of [`last`]: other
/// aggregates of a key's values than the last are within that.
///
/// A group holds all of its keys and a value of each, with about 100 bytes more.
///
/// ```
/// use ouzel_dsl::{Arg, collect_map, laws};
///
/// let readings = [(7, 0.5), (-1, 2.0), (7, -0.0)];
/// let map = collect_map(Arg::<i64>::new(), Arg::<f64>::new());
/// assert_eq!(laws::result(&map, &readings)?, [(-1, 2.0), (7, -0.0)]);
/// # Ok::<(), String>(())
/// ```
pub fn collect_map<P: Produce, Q: Produce>(
    key: Arg<P>,
    value: Arg<Q>,
) -> CollectMap<<DataOf<P> as Key>::Itself, DataOf<Q>>
where
    DataOf<P>: Key,
{
    per_key(key, last(value))
}
