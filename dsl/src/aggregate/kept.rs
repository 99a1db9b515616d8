use super::{Aggregate, Invertible};
use crate::data::Data;
use crate::place::{Path, Place, time_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An aggregate that keeps what it was given. See [`kept`].
#[derive(Clone)]
pub struct Kept<A>(A);

/// Makes any aggregate one of a table, by keeping all that is in a group: so that what goes can be
/// taken out, `counts.group_by(..).aggregate(kept(max(|(_, n)| *n)))`.
///
/// Aggregates that are [`Invertible`] do not need it. The column keeps its name. A group takes about
/// as much memory as what its rows add, and reading its result as long as adding all of that again.
///
/// ```
/// use ouzel_dsl::{Aggregate, Arg, Invertible, kept, max};
///
/// let greatest = kept(max(Arg::<i64>::new()));
/// let of = |values: &[i64]| {
///     let mut acc = greatest.zero();
///     values.iter().for_each(|value| greatest.add(&mut acc, *value));
///     acc
/// };
/// let mut acc = of(&[3, 9, 4]);
/// greatest.subtract(&mut acc, of(&[9]));
/// assert_eq!(greatest.finish(&acc)?, 4);
/// # Ok::<(), String>(())
/// ```
pub fn kept<A: Aggregate>(aggregate: A) -> Kept<A> {
    Kept(aggregate)
}

/// What was added, as bytes, each with how often: less than not at all where it is yet to come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Values {
    /// By place, where the aggregate looks at places, and value.
    times: BTreeMap<(Vec<u8>, Vec<u8>), i64>,
    heap_bytes: usize,
}

/// What an entry takes besides its bytes.
const ENTRY_BYTES: usize = 72;

impl Values {
    fn put(&mut self, (place, value): (Vec<u8>, Vec<u8>), times: i64) {
        use std::collections::btree_map::Entry;
        let len = place.len() + value.len() + ENTRY_BYTES;
        match self.times.entry((place, value)) {
            Entry::Vacant(free) => {
                free.insert(times);
                self.heap_bytes += len;
            }
            Entry::Occupied(mut held) => {
                *held.get_mut() += times;
                if *held.get() == 0 {
                    held.remove();
                    self.heap_bytes -= len;
                }
            }
        }
    }
}

impl<A: Aggregate> Kept<A> {
    fn put(&self, acc: &mut Values, value: <A::In as Data>::View<'_>, place: Vec<u8>) {
        let mut bytes = Vec::new();
        A::In::store(value, &mut bytes);
        acc.put((place, bytes), 1);
    }
}

impl<A: Aggregate> Aggregate for Kept<A> {
    type In = A::In;
    type Acc = Values;
    type Out = A::Out;

    fn zero(&self) -> Values {
        Values::default()
    }

    fn add(&self, acc: &mut Values, value: <A::In as Data>::View<'_>) {
        self.put(acc, value, Vec::new());
    }

    const ORDERED: bool = A::ORDERED;

    fn add_at(&self, acc: &mut Values, value: <A::In as Data>::View<'_>, place: Place<'_>) {
        let place = if A::ORDERED { place.to_vec() } else { Vec::new() };
        self.put(acc, value, place);
    }

    fn merge(&self, acc: &mut Values, other: Values) {
        other.times.into_iter().for_each(|(value, times)| acc.put(value, times));
    }

    fn finish(&self, acc: &Values) -> Result<A::Out, String> {
        let mut all = self.0.zero();
        for ((place, bytes), times) in &acc.times {
            let time = time_of(place);
            let log = place.get(8..).unwrap_or_default();
            for _ in 0..*times {
                let value = A::In::load(&mut bytes.as_slice())
                    .ok_or_else(|| "a kept value cannot be read back".to_owned())?;
                let place = Place { time, log, offset: None, path: Path::new() };
                self.0.add_at(&mut all, value, place);
            }
        }
        self.0.finish(&all)
    }

    fn heap_bytes(&self, acc: &Values) -> usize {
        acc.heap_bytes
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }

    fn takes(&self, value: <A::In as Data>::View<'_>) -> bool {
        self.0.takes(value)
    }
}

impl<A: Aggregate> Invertible for Kept<A> {
    fn subtract(&self, acc: &mut Values, other: Values) {
        other.times.into_iter().for_each(|(value, times)| acc.put(value, -times));
    }
}
