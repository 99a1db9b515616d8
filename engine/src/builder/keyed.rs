//! Keyed operators in a plan.

use super::{Builder, KeyedHandle, notes};
use crate::arranged::Arranged;
use crate::as_of::AsOf;
use crate::counted::Counted;
use crate::given;
use crate::grouping::Grouping;
use crate::join::{Bounds, Join, Kind};
use crate::ordered::{
    Dedup, Fold, InOrder, Lag, Next, Ordered, Processing, Rank, Reduce, Scan, Sliding, Two,
};
use crate::reference::{StreamMeaning, TableMeaning};
use crate::stream_node::StreamNode;
use crate::table_join::{ForeignJoin, TableJoin};
use crate::table_node::TableNode;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::keyed_node::KeyedNode;
use ouzel_dsl::plan::{KeyedEntry, PortKind, Site};
use ouzel_dsl::{
    Aggregate, Data, Error, Frame, Invertible, Key, Process, Result, Span, Tie, Unwindowed, Windows,
};
use std::marker::PhantomData;
use std::sync::Arc;

/// What feeds a keyed operator, by index, and the names of its columns.
#[derive(Clone, Copy)]
pub struct KeyedSpec<'a> {
    /// Its operator.
    pub operator: usize,
    /// The names of the columns of its key.
    pub key_names: &'a [&'a str],
    /// The names of the other columns.
    pub value_names: &'a [&'a str],
    /// Sources upstream.
    pub sources: &'a [usize],
    /// Keyed operators upstream.
    pub upstream: &'a [usize],
}

/// A keyed operator without windows.
type Handled<K, L> = Result<KeyedHandle<K, Unwindowed, L>>;

/// One that sees records in order.
type InTurn<K, L> = Handled<K, Ordered<K, L>>;

/// How a keyed operator stands to event time.
#[derive(Default)]
struct Timing {
    lateness: Option<i64>,
    holds: i64,
    ordered: bool,
}

impl Builder {
    fn site(&self, spec: KeyedSpec<'_>) -> Site {
        self.plan.operators[spec.operator].site
    }

    fn keyed<K, W, A>(
        &mut self,
        spec: KeyedSpec<'_>,
        node: Arc<dyn KeyedNode>,
        schema: SchemaRef,
        streams: bool,
        timing: Timing,
    ) -> KeyedHandle<K, W, A> {
        self.note(spec.operator, notes::EXCHANGES);
        let index = self.plan.keyed.len();
        self.plan.ports.push(PortKind::Keyed(index));
        self.plan.keyed.push(KeyedEntry {
            operator: spec.operator,
            node,
            sources: spec.sources.to_vec(),
            upstream: spec.upstream.to_vec(),
            lateness: timing.lateness,
            holds: timing.holds,
            streams,
            rows: Vec::new(),
            changes: Vec::new(),
            side: false,
            output: None,
            schema,
        });
        let (port, ordered) = (self.plan.ports.len() - 1, timing.ordered);
        KeyedHandle { index, port, ordered, types: PhantomData }
    }

    fn table_node<K: Key, W: Windows, A: TableMeaning<K, W>>(
        &mut self,
        spec: KeyedSpec<'_>,
        windows: W,
        logic: A,
        timing: Timing,
    ) -> KeyedHandle<K, W, A> {
        let mut fields = A::Keys::columns(spec.key_names);
        fields.extend(A::Values::columns(spec.value_names));
        let schema = super::schema(&fields);
        let (site, lateness) = (self.site(spec), timing.lateness);
        let node = TableNode::<K, W, A>::new(windows, lateness, logic, site, schema.clone());
        self.keyed(spec, Arc::new(node), schema, false, timing)
    }

    fn stream_node<K: Key, W: Windows, L: StreamMeaning>(
        &mut self,
        spec: KeyedSpec<'_>,
        windows: W,
        logic: L,
        timing: Timing,
    ) -> KeyedHandle<K, W, L> {
        let schema = given::schema(&L::Out::columns(spec.value_names));
        let node = StreamNode::<K, W, L>::new(windows, logic, self.site(spec), schema.clone());
        self.keyed(spec, Arc::new(node), schema, true, timing)
    }

    /// Adds an aggregate of a stream.
    pub fn aggregate<K: Key, W: Grouping, A: Aggregate>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        windows: W,
        lateness: Option<Span>,
        aggregate: A,
    ) -> Result<KeyedHandle<K, W, W::Kept<K, A>>> {
        self.check_aggregate(spec, &aggregate)?;
        let lateness = lateness.map(Span::micros);
        let windowed = !W::Keyed::<()>::columns(&[]).is_empty();
        let grows = match (windowed, lateness) {
            (true, Some(_)) => "keeps the open windows of each key",
            (true, None) => "keeps every window of every key, since it has no lateness",
            (false, _) => "keeps every key",
        };
        self.note(spec.operator, grows);
        let holds = lateness.unwrap_or(0).saturating_add(W::HOLDS_BESIDES);
        let timing = Timing { lateness, holds, ordered: A::ORDERED };
        Ok(self.table_node(spec, windows, windows.kept::<K, A>(aggregate), timing))
    }

    /// Adds an aggregate of a table.
    pub fn aggregate_table<K: Key, A: Aggregate + Invertible>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        aggregate: A,
    ) -> Handled<K, Counted<A>> {
        self.check_aggregate(spec, &aggregate)?;
        self.note(spec.operator, "keeps every key that has a row");
        let timing = Timing { ordered: A::ORDERED, ..Timing::default() };
        Ok(self.table_node(spec, Unwindowed, Counted(aggregate), timing))
    }

    fn check_aggregate<A: Aggregate>(&self, spec: KeyedSpec<'_>, aggregate: &A) -> Result<()> {
        let site = self.site(spec);
        aggregate.check().map_err(|reason| Error::Usage(format!("{site}: {reason}")))
    }

    /// Adds a table that is held since it is shown or joined as it is.
    pub fn arrange<K: Key, V: Data>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<V>,
    ) -> Handled<K, Arranged<V>> {
        self.note(spec.operator, "keeps every row");
        Ok(self.table_node(spec, Unwindowed, Arranged::new(), Timing::default()))
    }

    /// Adds a join of tables by the key of both.
    pub fn join_tables<K: Key, L: Data, R: Data, J: Kind<L, R>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<L>,
        _: Tie<R>,
        _: J,
    ) -> Handled<K, TableJoin<L, R, J>> {
        self.note(spec.operator, "keeps every row of both tables");
        Ok(self.table_node(spec, Unwindowed, TableJoin::new(), Timing::default()))
    }

    /// Adds a join of tables by a foreign key.
    pub fn join_foreign<F: Key, K: Data, L: Data, R: Data, J: Kind<L, R>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<F>,
        _: Tie<K>,
        _: Tie<L>,
        _: Tie<R>,
        _: J,
    ) -> Handled<F, ForeignJoin<K, L, R, J>> {
        self.note(spec.operator, "keeps every row of both tables");
        Ok(self.table_node(spec, Unwindowed, ForeignJoin::new(), Timing::default()))
    }

    /// Adds a join of streams.
    #[allow(clippy::too_many_arguments)]
    pub fn join<K: Key, W: Windows, L: Data, R: Data, J: Kind<L, R>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<L>,
        _: Tie<R>,
        [windows, others]: [W; 2],
        between: Option<(Span, Span)>,
        lateness: [Option<Span>; 2],
        _: J,
    ) -> Result<KeyedHandle<K, W, Join<L, R, J>>> {
        let site = self.site(spec);
        if windows.identity() != others.identity() {
            return Err(Error::Usage(format!(
                "{site}: the two sides of the join have different windows: {} and {}\n  put both into the same windows",
                windows.describe(),
                others.describe()
            )));
        }
        if let Some((from, to)) = between.filter(|(from, to)| from.micros() > to.micros()) {
            return Err(Error::Usage(format!(
                "{site}: `between({} us, {} us)` ends before it begins",
                from.micros(),
                to.micros()
            )));
        }
        let between = between.map(|(from, to)| (from.micros(), to.micros()));
        let lateness = lateness.map(|span| span.map(Span::micros));
        let bounds = Bounds { between, lateness };
        let frees = lateness[0].is_some() && lateness[1].is_some();
        let grows = match (W::WINDOWED, between, frees) {
            (true, _, true) => "keeps the records of both sides in open windows",
            (false, Some(_), true) => "keeps the records of both sides that may still meet others",
            _ => "keeps every record of both sides, since nothing says when they meet no more",
        };
        self.note(spec.operator, grows);
        let later = lateness.iter().flatten().max().copied();
        let holds = match (W::WINDOWED, between) {
            // A pair's event time is the greater one, which has just come.
            _ if !J::MARKS => 0,
            (true, _) => windows.longest().saturating_add(later.unwrap_or(i64::MAX)),
            (false, Some((from, to))) => {
                from.saturating_neg().max(to).max(0).saturating_add(later.unwrap_or(i64::MAX))
            }
            (false, None) => i64::MAX,
        };
        let timing = Timing { lateness: later, holds, ordered: true };
        Ok(self.stream_node(spec, windows, Join::new(bounds), timing))
    }

    /// Adds an operator that sees records in canonical order. Without a lateness they wait for the end
    /// of input.
    fn ordered<K: Key, L: InOrder<K>>(
        &mut self,
        spec: KeyedSpec<'_>,
        lateness: Option<Span>,
        logic: L,
    ) -> KeyedHandle<K, Unwindowed, Ordered<K, L>> {
        let lateness = lateness.map(Span::micros);
        let waits = match lateness {
            Some(_) => "keeps records until no earlier one can come in time",
            None => "keeps every record until the end of input",
        };
        self.note(spec.operator, waits);
        let holds = lateness.unwrap_or(i64::MAX);
        let timing = Timing { lateness, holds, ordered: true };
        self.stream_node(spec, Unwindowed, Ordered::new(logic, spec.operator, lateness), timing)
    }

    /// Adds `lag`.
    pub fn lag<K: Key, T: Data>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        back: usize,
    ) -> InTurn<K, Lag<T>> {
        if back == 0 {
            let site = self.site(spec);
            let message = "a record is its own at a distance of 0: `lag` takes 1 or more";
            return Err(Error::Usage(format!("{site}: {message}")));
        }
        Ok(self.ordered(spec, lateness, Lag::new(back)))
    }

    /// Adds `rank`.
    pub fn rank<K: Key, T: Data>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
    ) -> InTurn<K, Rank<T>> {
        Ok(self.ordered(spec, lateness, Rank::new()))
    }

    /// Adds `dedup`.
    pub fn dedup<K: Key, T: Data>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        within: Span,
    ) -> InTurn<K, Dedup<T>> {
        if within.micros() < 0 {
            let site = self.site(spec);
            return Err(Error::Usage(format!("{site}: a length of time must not be negative")));
        }
        Ok(self.ordered(spec, lateness, Dedup::new(within.micros())))
    }

    /// Adds `sliding`.
    pub fn sliding<K: Key, T: Data, A: Aggregate>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        frame: Frame,
        aggregate: A,
    ) -> InTurn<K, Sliding<T, A>> {
        self.check_aggregate(spec, &aggregate)?;
        let site = self.site(spec);
        frame.check().map_err(|reason| Error::Usage(format!("{site}: {reason}")))?;
        Ok(self.ordered(spec, lateness, Sliding::new(frame, aggregate)))
    }

    /// Adds `scan`.
    pub fn scan<K: Key, T: Data, S: Data, F: Next<T, S>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        init: S,
        next: F,
    ) -> InTurn<K, Scan<T, S, F>> {
        Ok(self.ordered(spec, lateness, Scan::new(init, next)))
    }

    /// Adds what `fold` is made of.
    pub fn fold_rows<K: Key, T: Data, S: Data, F: Next<T, S>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        init: S,
        next: F,
    ) -> InTurn<K, Fold<T, S, F>> {
        Ok(self.ordered(spec, lateness, Fold::new(init, next)))
    }

    /// Adds what `reduce` is made of.
    pub fn reduce_rows<K: Key, T: Data, F: Two<T>>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        reduce: F,
    ) -> InTurn<K, Reduce<T, F>> {
        Ok(self.ordered(spec, lateness, Reduce::new(reduce)))
    }

    /// Adds `process`.
    #[allow(clippy::too_many_arguments)]
    pub fn process<K: Key, T: Data, S: Data, O: Data, F>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<T>,
        lateness: Option<Span>,
        _: Tie<O>,
        init: S,
        process: F,
    ) -> InTurn<K, Processing<T, S, O, F>>
    where
        F: for<'a, 'b> Fn(&'a mut Process<'b, K, T, S, O>) + Clone + Send + Sync + 'static,
    {
        Ok(self.ordered(spec, lateness, Processing::new(init, process)))
    }

    /// Adds `as_of_join`.
    pub fn as_of_join<K: Key, L: Data, R: Data>(
        &mut self,
        spec: KeyedSpec<'_>,
        _: Tie<K>,
        _: Tie<L>,
        _: Tie<R>,
        lateness: [Span; 2],
    ) -> Handled<K, AsOf<L, R>> {
        let lateness = lateness.map(Span::micros);
        self.note(
            spec.operator,
            "keeps records until no earlier update can come in time, and the updates that they meet",
        );
        let holds = lateness[1];
        let timing = Timing { lateness: lateness.into_iter().max(), holds, ordered: true };
        Ok(self.stream_node(spec, Unwindowed, AsOf::new(lateness), timing))
    }
}
