//! What keyed operators mean: their rows, worked out anew from all that was put in, slowly and in the
//! plainest way. What runs in batch and stream is compared with it.
//!
//! Nothing here is merged, combined, closed, spilled or done in steps, and watermarks play no part:
//! lateness is decided in stages, by seen.

mod joins;
mod ordered;
mod tables;

use crate::combiner::Combiner;
use crate::given::Given;
use crate::guard::guarded;
use crate::stream_node::{Group, StreamNode, Streams};
use crate::table_node::TableNode;
use crate::tabled::{Give, Tabled};
use arrow::array::{RecordBatch, RecordBatchOptions};
use ouzel_dsl::data::Builder;
use ouzel_dsl::keyed_node::{Advance, Emit, Reference};
use ouzel_dsl::place::{Path, ordered, time_of};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Data, Error, Key, Place, Result, Windows};
use std::collections::BTreeMap;

/// What was put in of one record, for one window. They sort in canonical order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Put {
    /// Where the record stands in canonical order.
    pub place: Vec<u8>,
    /// The window's start; 0 where there are no windows.
    pub start: i64,
    /// The key, encoded.
    pub key: Vec<u8>,
    /// The side of a join.
    pub side: usize,
    /// The record's seen.
    pub seen: i64,
    /// How often it is there.
    pub weight: i64,
    /// What was lifted from it.
    pub value: Vec<u8>,
}

impl Put {
    /// Its event time.
    pub fn time(&self) -> i64 {
        time_of(&self.place)
    }

    /// Its address.
    pub fn address(&self) -> &[u8] {
        &self.place[8..]
    }

    /// Its place.
    pub fn place(&self) -> Place<'_> {
        Place { time: self.time(), log: self.address(), offset: None, path: Path::new() }
    }

    /// What was lifted from it.
    pub fn view<T: Data>(&self) -> Result<T::View<'_>, String> {
        let unreadable = || "what was put in cannot be read back".to_owned();
        T::load(&mut self.value.as_slice()).ok_or_else(unreadable)
    }
}

/// What a keyed operator that gives a table means.
pub trait TableMeaning<K: Key, W: Windows>: Tabled<K, W> {
    /// Gives the rows of a key and window, of which all that was put in is there, in canonical order.
    ///
    /// # Errors
    ///
    /// Where a result does not fit its type.
    fn mean(
        &self,
        windows: W,
        key: K::View<'_>,
        start: i64,
        put: &[Put],
        give: &mut impl Give<Self::Keys, Self::Values>,
    ) -> Result<(), String>;
}

/// What a keyed operator that gives a stream means.
pub trait StreamMeaning: Streams {
    /// Gives the rows of a key and window, of which all that was put in is there, in canonical order.
    ///
    /// # Errors
    ///
    /// Where a record fails, and the error policy is to fail then.
    fn mean(
        &self,
        group: Group<'_>,
        put: &[Put],
        end: Advance<'_>,
        out: &mut Given<'_, Self::Out>,
    ) -> Result<()>;
}

/// All that was put in by window and key.
fn groups(mut put: Vec<Put>) -> BTreeMap<(i64, Vec<u8>), Vec<Put>> {
    put.sort();
    let mut groups = BTreeMap::<_, Vec<Put>>::new();
    for put in put {
        groups.entry((put.start, put.key.clone())).or_default().push(put);
    }
    groups
}

/// The reference of what gives a table.
pub struct OfTable<K, W, A>(pub TableNode<K, W, A>);

impl<K: Key, W: Windows, A: TableMeaning<K, W>> Reference for OfTable<K, W, A> {
    fn port(&self) -> Box<dyn Port> {
        Box::new(Combiner::<K, W, A>::of_reference(self.0.logic.clone(), self.0.site))
    }

    fn rows(&self, port: &mut dyn Port, _: Advance<'_>, emit: Emit<'_>) -> Result<u64> {
        let node = &self.0;
        let mut keys = <A::Keys as Data>::Builder::default();
        let mut values = <A::Values as Data>::Builder::default();
        let mut count = 0;
        for ((start, key), put) in groups(Combiner::<K, W, A>::take_put(port)) {
            let failed = |message| Error::Aggregate { site: node.site.to_string(), message };
            let Some(key) = K::decode(&mut key.as_slice()) else {
                return Err(failed("a key cannot be read back".to_owned()));
            };
            guarded(node.site, || {
                let mean = node.logic.mean(node.windows, key.view(), start, &put, &mut |k, v| {
                    keys.push(k);
                    values.push(v);
                    count += 1;
                });
                mean.map_err(failed)
            })?;
        }
        let mut columns = Vec::new();
        keys.finish_row(&mut columns);
        values.finish_row(&mut columns);
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let batch = RecordBatch::try_new_with_options(node.schema.clone(), columns, &options)
            .map_err(|e| Error::Format(format!("{}: {e}", node.site)))?;
        emit(batch)?;
        Ok(count as u64)
    }
}

/// The reference of what gives a stream.
pub struct OfStream<K, W, L>(pub StreamNode<K, W, L>);

impl<K: Key, W: Windows, L: StreamMeaning> Reference for OfStream<K, W, L> {
    fn port(&self) -> Box<dyn Port> {
        Box::new(Combiner::<K, W, L>::of_reference(self.0.logic.clone(), self.0.site))
    }

    fn rows(&self, port: &mut dyn Port, end: Advance<'_>, emit: Emit<'_>) -> Result<u64> {
        let node = &self.0;
        let mut out = Given::new(&node.schema, emit);
        for ((start, key), put) in groups(Combiner::<K, W, L>::take_put(port)) {
            let place = [&ordered(start)[..], &key].concat();
            let end_of_window = if W::WINDOWED { node.windows.end(start) } else { None };
            let group = Group { place: &place, end: end_of_window };
            guarded(node.site, || node.logic.mean(group, &put, end, &mut out))?;
        }
        out.finish()
    }
}
