//! Keyed operators that give a table, as the plan holds them.

use crate::combiner::Combiner;
use crate::exchange::{gather, scatter};
use crate::guard::{Guarded, guarded};
use crate::reference::{OfTable, TableMeaning};
use crate::state::State;
use crate::tabled::Tabled;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::keyed_node::{KeyedNode, KeyedState, Reference};
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Key, Result, Windows};
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

/// A keyed operator that gives a table.
pub struct TableNode<K, W, A> {
    pub(crate) windows: W,
    pub(crate) lateness: Option<i64>,
    pub(crate) logic: A,
    pub(crate) site: Site,
    pub(crate) schema: SchemaRef,
    key: PhantomData<fn() -> K>,
}

impl<K: Key, W: Windows, A: Tabled<K, W>> TableNode<K, W, A> {
    /// Without a lateness windows are done with at the end of input only.
    pub fn new(windows: W, lateness: Option<i64>, logic: A, site: Site, schema: SchemaRef) -> Self {
        TableNode { windows, lateness, logic, site, schema, key: PhantomData }
    }

    /// The event time from which on records can come at a watermark; none if that is too early for
    /// any.
    pub(crate) fn reach(&self, watermark: i64) -> Option<i64> {
        match watermark {
            i64::MAX => Some(i64::MAX),
            watermark => watermark.checked_sub(self.lateness?),
        }
    }

    /// The start of the last window that could be done with at a watermark; none if it is too early
    /// for any.
    pub(crate) fn passed(&self, watermark: i64) -> Option<i64> {
        match self.reach(watermark)? {
            i64::MAX => Some(i64::MAX),
            reach => self.windows.passed(reach),
        }
    }
}

impl<K: Key, W: Windows, A: Tabled<K, W>> Clone for TableNode<K, W, A> {
    fn clone(&self) -> Self {
        TableNode {
            windows: self.windows,
            lateness: self.lateness,
            logic: self.logic.clone(),
            site: self.site,
            schema: self.schema.clone(),
            key: PhantomData,
        }
    }
}

impl<K: Key, W: Windows, A: TableMeaning<K, W>> KeyedNode for TableNode<K, W, A> {
    fn combiner(&self) -> Box<dyn Port> {
        Box::new(Combiner::<K, W, A>::new(self.logic.clone(), self.site))
    }

    fn state_type(&self) -> String {
        let types = std::any::type_name::<(K, W, A::Acc)>();
        format!("{types} by {}", self.windows.identity())
    }

    fn removes(&self) -> bool {
        A::REMOVES
    }

    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState> {
        let state = State::<K, W, A>::new(self.clone(), shards, memory_bytes, spill.to_owned());
        Box::new(Guarded { site: self.site, state })
    }

    fn scatter(
        &self,
        combiner: &mut dyn Port,
        parts: usize,
        each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        scatter::<K, W, A>(combiner, parts, each)
    }

    fn gather(&self, entries: &mut dyn Read) -> Result<Box<dyn Port>> {
        guarded(self.site, || gather::<K, W, A>(&self.logic, self.site, entries))
    }

    fn reference(&self) -> Box<dyn Reference> {
        Box::new(OfTable(self.clone()))
    }
}
