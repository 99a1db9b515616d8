//! The graph of operators.

use proc_macro2::Span;
use syn::{Expr, ExprClosure, Ident, Stmt};

/// Index of a node in [`Graph::nodes`].
pub type NodeIndex = usize;

/// All operators of a job, inputs before consumers.
pub struct Graph {
    pub nodes: Vec<Node>,
    pub outputs: Vec<Output>,
    /// What the job says of each input.
    pub inputs: Vec<InputSays>,
    /// The job's body, and each call of a flow.
    pub scopes: Vec<Scope>,
}

/// What a job says of an input, before its first operator.
#[derive(Clone, Default)]
pub struct InputSays {
    /// How long a partition may be silent before the watermark passes it.
    pub idle_after: Option<Expr>,
    /// Whether partitions may be found later.
    pub join_late: bool,
    /// The event times that are taken to be any.
    pub valid_time: Option<Expr>,
}

/// A body that operators and values stand in.
#[derive(Default)]
pub struct Scope {
    /// The body that the call of this one stands in.
    pub parent: Option<usize>,
    /// The file that a flow is written in.
    pub file: Option<String>,
}

/// A statement that is not dataflow, and the scope that it stands in.
pub struct Plain {
    pub scope: usize,
    pub statement: Stmt,
}

/// One operator.
pub struct Node {
    pub op: Op,
    pub inputs: Vec<NodeIndex>,
    /// The method's name, or the input's: where errors and sites point.
    pub ident: Ident,
    /// Unique in the job, and independent of line numbers.
    pub id: String,
    /// Given by `.named(..)`.
    pub named: Option<String>,
    /// The columns of what it gives, as far as the code tells.
    pub names: Names,
    /// The body that it stands in, by index.
    pub scope: usize,
}

/// What an operator does.
pub enum Op {
    /// An input, by index.
    Source(usize),
    /// What a flow is given, where it is looked at by itself.
    Given(Gives),
    /// An operator whose closure sees each record.
    Each(Each, ExprClosure),
    Merge,
    /// The records that an operator failed on.
    Errors,
    /// Each record of the first input with a row of the second, a table that is read whole before.
    Lookup(ExprClosure),
    /// Sends each record to the first branch whose condition holds, or to the rest.
    Split(Vec<ExprClosure>),
    /// One of the streams that a split gives, by its place among them.
    Branch(usize),
    KeyBy(ExprClosure),
    Window(Expr),
    Lateness(Expr),
    Late,
    Aggregate(Box<Aggregate>),
    Finals,
    /// How far in event time the records of a join's right side may be from those of the left.
    Between(Box<[Expr; 2]>),
    /// Records that wait for the end of input, where order matters.
    AtEnd,
    /// A join of keyed streams.
    Join(Joining),
    /// A join of a stream with a log as a table, as of the event times of the stream.
    AsOf,
    /// An operator that sees the records of a key in canonical order.
    Ordered(Box<Ordered>),
    /// Another key for the rows of a table.
    GroupBy(ExprClosure),
    /// A join of tables with the same key.
    JoinTables(Joining),
    /// A join of tables by a key of the second.
    JoinForeign(Joining, ExprClosure),
    /// A table that is held as it is, since it is shown.
    Arrange,
    /// The rows of a table as they are now and then, before they are final.
    Early(Expr),
}

/// An operator that sees the records of a key in canonical order.
pub struct Ordered {
    /// The builder's method for it, and that of the job language that only the twin calls.
    pub name: &'static str,
    /// Arguments that are values.
    pub values: Vec<Expr>,
    /// The closure that sees the records, when they have their turn.
    pub closure: Vec<ExprClosure>,
    /// What is aggregated, where it is an aggregate.
    pub aggregate: Option<Aggregate>,
}

/// Kinds of joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    Inner,
    Left,
    Full,
    Semi,
    Anti,
}

impl Joining {
    /// By its name in the job language.
    pub fn by_name(name: &str) -> Option<Joining> {
        Some(match name {
            "join" | "join_on" => Joining::Inner,
            "left_join" | "left_join_on" => Joining::Left,
            "full_join" => Joining::Full,
            "semi_join" => Joining::Semi,
            "anti_join" => Joining::Anti,
            _ => return None,
        })
    }

    /// Whether it gives pairs, and not only records of the first input.
    pub fn pairs(self) -> bool {
        matches!(self, Joining::Inner | Joining::Left | Joining::Full)
    }
}

/// What an operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    Stream,
    Keyed,
    Table,
    /// A table's rows with another key.
    Grouped,
    /// Several streams, which have yet to be bound to names.
    Branches,
    /// Results that are not final.
    Early,
}

impl Op {
    /// Its closures, which see each record.
    pub fn closures(&self) -> Vec<&ExprClosure> {
        match self {
            Op::Each(_, closure)
            | Op::KeyBy(closure)
            | Op::GroupBy(closure)
            | Op::Lookup(closure)
            | Op::JoinForeign(_, closure) => vec![closure],
            Op::Split(conditions) => conditions.iter().collect(),
            _ => match self.aggregate() {
                Some(aggregate) => aggregate.arguments.iter().map(|a| &a.closure).collect(),
                None => Vec::new(),
            },
        }
    }

    /// What it aggregates.
    pub fn aggregate(&self) -> Option<&Aggregate> {
        match self {
            Op::Aggregate(aggregate) => Some(aggregate),
            Op::Ordered(ordered) => ordered.aggregate.as_ref(),
            _ => None,
        }
    }

    /// Its closures that are no part of a stage: they see results, when these are read, or records
    /// when they have their turn.
    pub fn results(&self) -> &[ExprClosure] {
        match self {
            Op::Ordered(ordered) if ordered.aggregate.is_none() => &ordered.closure,
            _ => self.aggregate().map_or(&[], |aggregate| &aggregate.results),
        }
    }

    /// Whether it gives a stream from behind an exchange.
    pub fn is_keyed_stream(&self) -> bool {
        matches!(self, Op::Join(_) | Op::AsOf | Op::Ordered(_))
    }

    /// Whether it stands behind an exchange by key.
    pub fn is_keyed(&self) -> bool {
        let table = matches!(
            self,
            Op::Aggregate(_) | Op::JoinTables(_) | Op::JoinForeign(..) | Op::Arrange
        );
        table || self.is_keyed_stream()
    }
}

/// Operators on one record at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    Filter,
    Map,
    FlatMap,
    FilterMap,
    TryFilter,
    TryMap,
    TryFlatMap,
    TryFilterMap,
    Inspect,
    Assert,
}

impl Each {
    /// By its name in the job language.
    pub fn by_name(name: &str) -> Option<Each> {
        Some(match name {
            "filter" => Each::Filter,
            "map" => Each::Map,
            "flat_map" => Each::FlatMap,
            "filter_map" => Each::FilterMap,
            "try_filter" => Each::TryFilter,
            "try_map" => Each::TryMap,
            "try_flat_map" => Each::TryFlatMap,
            "try_filter_map" => Each::TryFilterMap,
            "inspect" => Each::Inspect,
            "assert" => Each::Assert,
            _ => return None,
        })
    }

    /// Whether it passes on the very records that it takes.
    pub fn keeps_record(self) -> bool {
        matches!(self, Each::Filter | Each::TryFilter | Each::Inspect | Each::Assert)
    }
}

/// The argument of `aggregate`, taken apart.
pub struct Aggregate {
    /// The expression with a placeholder for each closure.
    pub expr: Expr,
    /// The closures that see records, by placeholder.
    pub arguments: Vec<Argument>,
    /// The closures that see results.
    pub results: Vec<ExprClosure>,
    /// How the values of the closures are handed to the aggregate.
    pub shape: Shape,
}

/// A closure in the arguments of an aggregate.
pub struct Argument {
    pub closure: ExprClosure,
    /// The variable that stands for it.
    pub place: Ident,
}

/// Nesting of aggregates, and so of the values they take.
pub enum Shape {
    /// An aggregate with these arguments, by index.
    One(Vec<usize>),
    Tuple(Vec<Shape>),
    /// What is only there where an argument is true.
    Filtered(usize, Box<Shape>),
}

/// The names of columns.
#[derive(Clone, Default)]
pub enum Names {
    /// The type brings its own.
    #[default]
    Own,
    /// One column, or nothing where the code gives it no name.
    One(Option<String>, Option<Span>),
    /// A column for each field of a tuple.
    Each(Vec<(Option<String>, Span)>),
}

/// An output of the job.
pub struct Output {
    pub name: String,
    pub node: NodeIndex,
    pub span: Span,
}

impl Graph {
    /// Whether a scope is another one, or one that it stands in.
    pub fn within(&self, scope: usize, outer: usize) -> bool {
        let mut scope = Some(scope);
        while let Some(index) = scope {
            if index == outer {
                return true;
            }
            scope = self.scopes[index].parent;
        }
        false
    }

    /// What a node gives.
    pub fn gives(&self, node: NodeIndex) -> Gives {
        match &self.nodes[node].op {
            Op::Source(_) | Op::Merge | Op::Branch(_) => Gives::Stream,
            Op::Errors | Op::Lookup(_) => Gives::Stream,
            Op::Late | Op::Finals => Gives::Stream,
            Op::Split(_) => Gives::Branches,
            Op::Join(_) | Op::AsOf | Op::Ordered(_) => Gives::Stream,
            Op::Given(gives) => *gives,
            // Of a table it makes a table.
            Op::Each(..) => self.gives(self.nodes[node].inputs[0]),
            Op::KeyBy(_) | Op::Window(_) | Op::Lateness(_) | Op::Between(..) | Op::AtEnd => {
                Gives::Keyed
            }
            Op::GroupBy(_) => Gives::Grouped,
            Op::Early(_) => Gives::Early,
            Op::Aggregate(_) | Op::JoinTables(_) | Op::JoinForeign(..) | Op::Arrange => {
                Gives::Table
            }
        }
    }

    /// Whether a node feeds a stage with rows.
    pub fn is_head(&self, node: NodeIndex) -> bool {
        match &self.nodes[node].op {
            Op::Source(_) | Op::Finals => true,
            op if op.is_keyed_stream() => true,
            op => op.is_keyed() && !self.row_uses(node).is_empty(),
        }
    }

    /// Who takes the rows that a node gives one by one: all but `finals`, which waits for windows to
    /// close, `errors`, which takes those that it cannot give, `lookup`, which takes a table as a whole,
    /// and early results, which are read from what is held.
    pub fn row_uses(&self, node: NodeIndex) -> Vec<(NodeIndex, u32)> {
        let mut uses = self.uses(node);
        uses.retain(|(consumer, position)| match self.nodes[*consumer].op {
            Op::Finals | Op::Errors | Op::Early(_) => false,
            Op::Lookup(_) => *position == 0,
            _ => true,
        });
        uses
    }

    /// The inputs of a node, but for what it finds whole.
    pub fn streamed(&self, node: NodeIndex) -> &[NodeIndex] {
        let node = &self.nodes[node];
        match node.op {
            Op::Lookup(_) => &node.inputs[..1],
            _ => &node.inputs,
        }
    }

    /// Those that take the errors of a node.
    pub fn handlers(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut handlers = self.consumers(node);
        handlers.retain(|consumer| matches!(self.nodes[*consumer].op, Op::Errors));
        handlers
    }

    /// The number of a keyed operator among those of its kind.
    pub fn keyed_index(&self, node: NodeIndex) -> usize {
        self.nodes[..node].iter().filter(|n| n.op.is_keyed()).count()
    }

    /// What gave the rows of a table their key, and whether they have windows.
    pub fn table_key(&self, node: NodeIndex) -> (NodeIndex, bool) {
        let input = self.nodes[node].inputs[0];
        match &self.nodes[node].op {
            Op::Aggregate(_) if self.gives(input) == Gives::Grouped => (input, false),
            Op::Aggregate(_) => {
                let windowing = self.windowing(node);
                (windowing.key_by, windowing.window.is_some())
            }
            Op::Each(Each::FlatMap, _) => (node, false),
            _ => self.table_key(input),
        }
    }

    /// The names of the columns of a table's key.
    pub fn key_names(&self, node: NodeIndex) -> Names {
        let (key, _) = self.table_key(node);
        match self.nodes[key].op {
            // Its own names are those of the values.
            Op::Each(..) => Names::Own,
            _ => self.nodes[key].names.clone(),
        }
    }

    /// Where rustc points for what is emitted for a node.
    pub fn span(&self, node: NodeIndex) -> Span {
        crate::at(self.nodes[node].ident.span())
    }

    /// Who takes what a node gives, in order.
    pub fn consumers(&self, node: NodeIndex) -> Vec<NodeIndex> {
        self.uses(node).into_iter().map(|(consumer, _)| consumer).collect()
    }

    /// Who takes what a node gives, and as which of its inputs.
    pub fn uses(&self, node: NodeIndex) -> Vec<(NodeIndex, u32)> {
        let inputs = self.nodes.iter().enumerate().flat_map(|(consumer, n)| {
            n.inputs.iter().zip(0u32..).map(move |(input, position)| (*input, consumer, position))
        });
        inputs.filter(|(input, ..)| *input == node).map(|(_, c, p)| (c, p)).collect()
    }

    /// The outputs that show a node, by index.
    pub fn shown(&self, node: NodeIndex) -> impl Iterator<Item = usize> {
        self.outputs.iter().enumerate().filter(move |(_, o)| o.node == node).map(|(i, _)| i)
    }

    /// The window and lateness before a keyed operator.
    pub fn windowing(&self, mut node: NodeIndex) -> Windowing {
        let mut found =
            Windowing { key_by: node, window: None, lateness: None, between: None, at_end: None };
        loop {
            match &self.nodes[node].op {
                Op::Window(_) => found.window = Some(node),
                Op::Lateness(_) => found.lateness = found.lateness.or(Some(node)),
                Op::Between(..) => found.between = Some(node),
                Op::KeyBy(_) => {
                    found.key_by = node;
                    return found;
                }
                Op::AtEnd => found.at_end = Some(node),
                Op::Aggregate(_) | Op::Late | Op::Finals => {}
                op if op.is_keyed_stream() => {}
                _ => return found,
            }
            match self.nodes[node].inputs.first() {
                Some(input) => node = *input,
                None => return found,
            }
        }
    }
}

/// What stands between the records and a keyed operator.
pub struct Windowing {
    pub key_by: NodeIndex,
    pub window: Option<NodeIndex>,
    pub lateness: Option<NodeIndex>,
    pub between: Option<NodeIndex>,
    pub at_end: Option<NodeIndex>,
}
