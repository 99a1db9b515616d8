//! The keyed operator `aggregate`.

use crate::combiner::Combiner;
use crate::guard::Guarded;
use crate::state::State;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::keyed_node::{KeyedNode, KeyedState};
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Aggregate, Key, Windows};
use std::marker::PhantomData;
use std::path::Path;

/// An aggregate by key and window, as the plan holds it.
pub struct Aggregation<K, W, A> {
    pub(crate) windows: W,
    pub(crate) lateness: Option<i64>,
    pub(crate) aggregate: A,
    pub(crate) site: Site,
    pub(crate) schema: SchemaRef,
    key: PhantomData<fn() -> K>,
}

impl<K: Key, W: Windows, A: Aggregate> Aggregation<K, W, A> {
    /// Without a lateness windows are done with at the end of input only.
    pub fn new(
        windows: W,
        lateness: Option<i64>,
        aggregate: A,
        site: Site,
        schema: SchemaRef,
    ) -> Self {
        Aggregation { windows, lateness, aggregate, site, schema, key: PhantomData }
    }

    /// The start of the last window that could be done with at a watermark; none if it is too early
    /// for any.
    pub(crate) fn passed(&self, watermark: i64) -> Option<i64> {
        if watermark == i64::MAX {
            return Some(i64::MAX);
        }
        self.windows.passed(watermark.checked_sub(self.lateness?)?)
    }
}

impl<K: Key, W: Windows, A: Aggregate> Clone for Aggregation<K, W, A> {
    fn clone(&self) -> Self {
        Aggregation {
            windows: self.windows,
            lateness: self.lateness,
            aggregate: self.aggregate.clone(),
            site: self.site,
            schema: self.schema.clone(),
            key: PhantomData,
        }
    }
}

impl<K: Key, W: Windows, A: Aggregate> KeyedNode for Aggregation<K, W, A> {
    fn combiner(&self) -> Box<dyn Port> {
        Box::new(Combiner::<K, W, A>::new(self.aggregate.clone(), self.site))
    }

    fn state_type(&self) -> String {
        let types = std::any::type_name::<(K, W, A::Acc)>();
        format!("{types} by {}", self.windows.describe())
    }

    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState> {
        let state = State::<K, W, A>::new(self.clone(), shards, memory_bytes, spill.to_owned());
        Box::new(Guarded { site: self.site, state })
    }
}
