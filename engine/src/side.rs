//! A table that is there as a whole: what `lookup` finds rows in.

use crate::groups::{Keys, hash};
use arrow::array::RecordBatch;
use ouzel_dsl::data::{Bad, Column};
use ouzel_dsl::plan::SideRows;
use ouzel_dsl::{Data, Error, Key, Result, Tie};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// A table's rows by their keys.
pub struct Side<K, V> {
    keys: Keys<K>,
    /// By the number of their key.
    values: Vec<V>,
    value_bytes: usize,
}

impl<K: Key, V: Data> Side<K, V> {
    pub(crate) fn begin() -> Box<dyn SideRows> {
        Box::new(Side::<K, V> { keys: Keys::new(), values: Vec::new(), value_bytes: 0 })
    }

    /// The value of a key.
    #[inline]
    pub fn find(&self, key: K::View<'_>) -> Option<V::View<'_>> {
        let number = self.keys.find(key, hash::<K>(key))?;
        self.values.get(number as usize).map(V::view)
    }
}

impl<K: Key, V: Data> SideRows for Side<K, V> {
    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut bad = Bad::default();
        let (key, value) = batch.columns().split_at(K::WIDTH.min(batch.num_columns()));
        let (keys, values) =
            (K::Column::open_row(key, &mut bad), V::Column::open_row(value, &mut bad));
        if !bad.is_empty() {
            return Err(Error::Failed("a table gave rows that cannot be read".to_owned()));
        }
        let mut stored = Vec::new();
        for row in 0..batch.num_rows() {
            let (key, value) = (keys.get(row), values.get(row));
            let number = self.keys.intern(key, hash::<K>(key)) as usize;
            stored.clear();
            V::store(value, &mut stored);
            self.value_bytes += stored.len();
            match self.values.get_mut(number) {
                Some(held) => *held = V::own(value),
                None => self.values.push(V::own(value)),
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.capacity() * size_of::<V>() + self.value_bytes
    }

    fn finish(self: Box<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::from(self as Box<dyn Any + Send + Sync>)
    }
}

/// Where a stage finds a table that it looks up.
pub struct SideHandle<K, V> {
    pub(crate) index: usize,
    pub(crate) types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for SideHandle<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for SideHandle<K, V> {}

impl<K: Key, V: Data> SideHandle<K, V> {
    /// The table, once it was read.
    pub fn open(self, sides: &[Arc<dyn Any + Send + Sync>]) -> Result<&Side<K, V>> {
        let side = sides.get(self.index).and_then(|side| side.downcast_ref());
        side.ok_or_else(|| Error::Failed("a table is looked up before it was read".to_owned()))
    }
}

/// A record with what is found of its key.
#[inline]
pub fn looked_up<'a: 'b, 'b, T: Data, K: Key, V: Data>(
    _: Tie<T>,
    side: &'b Side<K, V>,
    record: T::View<'a>,
    key: K::View<'_>,
) -> (T::View<'b>, Option<V::View<'b>>) {
    (T::shorten(record), side.find(key))
}
