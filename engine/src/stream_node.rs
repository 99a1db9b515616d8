//! Keyed operators that give a stream, as the plan holds them.

use crate::combiner::Combiner;
use crate::exchange::{gather, scatter};
use crate::given::Given;
use crate::guard::{Guarded, guarded};
use crate::held::Held;
use crate::monoid::Monoid;
use crate::reference::{OfStream, StreamMeaning};
use arrow::datatypes::SchemaRef;
use ouzel_dsl::keyed_node::{Advance, KeyedNode, KeyedState, Reference};
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Data, Key, Result, Windows};
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

/// What a keyed operator makes of the records of a key, and of a window if there are windows.
///
/// However records come in, and however often [`advance`](Streams::advance) is called, what is given
/// by the end of input is the same.
pub trait Streams: Monoid {
    /// What it gives.
    type Out: Data;

    /// Takes on what is new, gives what can be said at a watermark, and lets go of what no record in
    /// time can reach. Without `out` nothing is given, since it was given before: the state is one
    /// that was kept.
    ///
    /// # Errors
    ///
    /// Where the rows cannot be handed on.
    fn advance(
        &self,
        group: Group<'_>,
        held: &mut Self::Acc,
        fresh: Option<Self::Acc>,
        to: Advance<'_>,
        out: Option<&mut Given<'_, Self::Out>>,
    ) -> Result<()>;

    /// The least watermark at which there is something to do although nothing is new.
    fn due(&self, group: Group<'_>, held: &Self::Acc) -> i64;

    /// Whether nothing is held.
    fn is_empty(&self, held: &Self::Acc) -> bool;
}

/// A key and window.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The window's start, if there are windows, and the key, encoded.
    pub place: &'a [u8],
    /// The window's end.
    pub end: Option<i64>,
}

/// A keyed operator that gives a stream.
pub struct StreamNode<K, W, L> {
    pub(crate) windows: W,
    pub(crate) logic: L,
    pub(crate) site: Site,
    /// Of the rows, and of what they carry.
    pub(crate) schema: SchemaRef,
    key: PhantomData<fn() -> K>,
}

impl<K: Key, W: Windows, L: Streams> StreamNode<K, W, L> {
    /// With the schema of [`crate::given::schema`].
    pub fn new(windows: W, logic: L, site: Site, schema: SchemaRef) -> Self {
        StreamNode { windows, logic, site, schema, key: PhantomData }
    }
}

impl<K, W: Copy, L: Clone> Clone for StreamNode<K, W, L> {
    fn clone(&self) -> Self {
        StreamNode {
            windows: self.windows,
            logic: self.logic.clone(),
            site: self.site,
            schema: self.schema.clone(),
            key: PhantomData,
        }
    }
}

impl<K: Key, W: Windows, L: StreamMeaning> KeyedNode for StreamNode<K, W, L> {
    fn combiner(&self) -> Box<dyn Port> {
        Box::new(Combiner::<K, W, L>::new(self.logic.clone(), self.site))
    }

    fn state_type(&self) -> String {
        let types = std::any::type_name::<(K, W, L::Acc, L::Out)>();
        format!("{types} by {}", self.windows.identity())
    }

    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState> {
        let state = Held::<K, W, L>::new(self.clone(), shards, memory_bytes, spill.to_owned());
        Box::new(Guarded { site: self.site, state })
    }

    fn scatter(
        &self,
        combiner: &mut dyn Port,
        parts: usize,
        each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        scatter::<K, W, L>(combiner, parts, each)
    }

    fn gather(&self, entries: &mut dyn Read) -> Result<Box<dyn Port>> {
        guarded(self.site, || gather::<K, W, L>(&self.logic, self.site, entries))
    }

    fn reference(&self) -> Box<dyn Reference> {
        Box::new(OfStream(self.clone()))
    }
}
