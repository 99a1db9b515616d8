use super::{Aggregate, Arg, DataOf};
use crate::data::{Data, Produce};
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The last record by its place in the log. See [`latest`].
pub struct Latest<T>(PhantomData<fn() -> T>);

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Latest(PhantomData)
    }
}

/// The value of the record that stands last in its log, by partition and offset, whatever its event
/// time: what `keyed.latest()` is made of.
pub fn latest<P: Produce>(_: Arg<P>) -> Latest<DataOf<P>> {
    Latest(PhantomData)
}

/// An address, and the value that came from there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Addressed {
    /// Nothing where no value has come.
    address: Vec<u8>,
    value: Vec<u8>,
}

impl<T: Data> Aggregate for Latest<T> {
    type In = T;
    type Acc = Addressed;
    type Out = T;

    fn zero(&self) -> Addressed {
        Addressed::default()
    }

    // Without addresses, of which there are none here, the last value that is added is the last.
    fn add(&self, acc: &mut Addressed, value: T::View<'_>) {
        acc.value.clear();
        T::store(value, &mut acc.value);
    }

    fn add_at(&self, acc: &mut Addressed, value: T::View<'_>, place: Place<'_>) {
        let mut address = Vec::new();
        place.write_address(&mut address);
        if address >= acc.address {
            acc.address = address;
            self.add(acc, value);
        }
    }

    fn merge(&self, acc: &mut Addressed, other: Addressed) {
        if other.address > acc.address {
            *acc = other;
        }
    }

    fn finish(&self, acc: &Addressed) -> Result<T, String> {
        let value = T::load(&mut acc.value.as_slice());
        value.map(T::own).ok_or_else(|| "the last of no records".to_owned())
    }

    fn heap_bytes(&self, acc: &Addressed) -> usize {
        acc.address.capacity() + acc.value.capacity()
    }
}
