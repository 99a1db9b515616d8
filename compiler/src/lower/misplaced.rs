//! What is wrong with an operator that stands in the wrong place.

use super::Lowering;
use super::ordered::ORDERED;
use crate::idents::text;
use crate::ir::{Each, Gives, Joining, NodeIndex, Op, Windowing};
use syn::{Error, ExprMethodCall};

/// Operators on one record at a time that tables have too.
const OF_ROWS: [&str; 6] = ["filter", "map", "flat_map", "filter_map", "try_filter", "try_map"];

/// Operators of keyed streams.
const OF_KEYED: [&str; 8] =
    ["window", "lateness", "late", "between", "distinct", "latest", "at_end", "as_of_join"];

/// What is said of inputs.
const OF_INPUTS: [&str; 3] = ["idle_after", "join_late", "valid_time"];

impl Lowering<'_> {
    /// What is wrong if an operator does not take what stands before it.
    pub(super) fn takes(&self, call: &ExprMethodCall, receiver: NodeIndex) -> syn::Result<()> {
        let name = &text(&call.method);
        let wrong = match self.graph.gives(receiver) {
            Gives::Branches => Some(BRANCHES.to_owned()),
            _ if name == "named" => None,
            _ if OF_INPUTS.contains(&name.as_str()) => self.of_inputs(name, receiver),
            Gives::Stream => of_stream(name),
            Gives::Keyed => return self.of_keyed(name, receiver, call),
            Gives::Table => self.of_table(name, receiver),
            Gives::Grouped => of_grouped(name),
            Gives::Early => Some(format!(
                "`{name}` cannot follow `early`, whose results are not final: they go to an output, and to no operator"
            )),
        };
        wrong.map_or(Ok(()), |why| Err(Error::new_spanned(&call.method, why)))
    }

    fn of_inputs(&self, name: &str, receiver: NodeIndex) -> Option<String> {
        let source = matches!(self.graph.nodes[receiver].op, Op::Source(_));
        (!source).then(|| {
            format!("`{name}` is said of an input: put it before the first operator, right after the input's name")
        })
    }

    fn of_keyed(&self, name: &str, receiver: NodeIndex, call: &ExprMethodCall) -> syn::Result<()> {
        let windowing = self.graph.windowing(receiver);
        let Windowing { window, lateness, between, at_end, .. } = windowing;
        let [window, lateness, between, at_end] =
            [window, lateness, between, at_end].map(|node| node.is_some());
        let wrong = match name {
            // Where a lateness is wrong, it is to the lateness that rustc points.
            "aggregate" | "distinct" | "latest" | "window" if lateness && !window && !between => {
                let why = match name {
                    "window" => "put `lateness` after `window`: it says when windows are done with",
                    "latest" => {
                        "`latest` takes a stream without a lateness: it is the last record of each key, whatever its event time"
                    }
                    _ => "`lateness` needs windows here: put `.window(tumbling(..))` before it",
                };
                let lateness = windowing.lateness.unwrap_or(receiver);
                return Err(Error::new(self.graph.nodes[lateness].ident.span(), why));
            }
            "window" if window => "the records are in windows already".to_owned(),
            "lateness" if lateness => match window {
                true => "the windows have a lateness already".to_owned(),
                false => "the records have a lateness already".to_owned(),
            },
            "lateness" if at_end => {
                "`at_end` stands in the place of a lateness already".to_owned()
            }
            "at_end" if at_end => "`at_end` is there already".to_owned(),
            "window" | "aggregate" | "distinct" | "latest" | "between" if at_end => format!(
                "`{name}` cannot follow `at_end`, which is for operators that depend on order"
            ),
            "between" if between => "`between` is there already: a join has one range of time".to_owned(),
            "between" if window => {
                "`between` takes a stream without windows: records in windows meet those of the same window"
                    .to_owned()
            }
            "window" | "aggregate" | "distinct" | "latest" if between => format!(
                "`{name}` cannot follow `between`, which says how near the records of two streams must be in a join"
            ),
            "latest" if window => {
                "`latest` takes a stream without windows: it is the last record of each key"
                    .to_owned()
            }
            "at_end" | "as_of_join" if window => {
                format!("`{name}` takes a stream without windows")
            }
            _ if ORDERED.contains(&name) && window => format!(
                "`{name}` sees all records of a key in order: it takes a stream without windows"
            ),
            _ if ORDERED.contains(&name) && between => {
                format!("`{name}` cannot follow `between`, which is for joins")
            }
            "early" => {
                "`early` takes a table: put `.aggregate(..)` before it".to_owned()
            }
            "finals" => {
                "`finals` takes a table with windows: put `.aggregate(..)` before it".to_owned()
            }
            "errors" => KEYED_ERRORS.to_owned(),
            "group_by" => "`group_by` takes a table: these records have a key already".to_owned(),
            "join_on" | "left_join_on" => format!(
                "`{name}` takes a table, and this is a keyed stream: put `.latest()` before it"
            ),
            "merge" | "key_by" | "split" | "lookup" => {
                format!("`{name}` takes a stream without a key: put it before `.key_by(..)`")
            }
            _ if Each::by_name(name).is_some() => {
                format!("`{name}` takes a stream without a key: put it before `.key_by(..)`")
            }
            // Rustc says best that there is no such operator.
            _ => return Ok(()),
        };
        Err(Error::new_spanned(&call.method, wrong))
    }

    fn of_table(&self, name: &str, receiver: NodeIndex) -> Option<String> {
        Some(match name {
            "finals" => return self.finals(receiver),
            "key_by" => {
                "`key_by` takes a stream, and this is a table: give its rows another key by `.group_by(..)`".to_owned()
            }
            "window" | "lateness" | "late" => format!("`{name}` stands before `.aggregate(..)`"),
            "aggregate" => "`aggregate` takes a keyed stream, and this is a table: put `.group_by(..)` before it".to_owned(),
            _ if ORDERED.contains(&name) || ["at_end", "as_of_join"].contains(&name) => format!(
                "`{name}` takes a keyed stream, and this is a table, whose rows have no event time"
            ),
            "distinct" | "latest" => format!(
                "`{name}` takes a keyed stream, and this is a table, which has each key once"
            ),
            "between" => {
                "`between` takes a keyed stream, and this is a table, whose rows have no event time"
                    .to_owned()
            }
            "errors" => {
                "`errors` takes what an operator gives of a stream, and this is a table, of which an error withholds a row: handle it before `.key_by(..)`".to_owned()
            }
            "lookup" => {
                "`lookup` takes a stream, and this is a table: `left_join_on` finds rows of another table"
                    .to_owned()
            }
            "split" => {
                "`split` takes a stream, and this is a table: `filter` makes a table of some of its rows"
                    .to_owned()
            }
            "merge" => {
                "`merge` takes a stream, and this is a table: `.full_join(..)` has the rows of two"
                    .to_owned()
            }
            _ if Each::by_name(name).is_some() && !OF_ROWS.contains(&name) => format!(
                "`{name}` takes a stream, and this is a table: the table of an aggregate with a lateness gives a stream by `.finals()`"
            ),
            _ => return None,
        })
    }

    /// Why a table has no final rows.
    fn finals(&self, table: NodeIndex) -> Option<String> {
        let node = &self.graph.nodes[table];
        // Of a table that a flow is given, this is known where the flow is called.
        if matches!(node.op, Op::Given(_)) {
            return None;
        }
        let aggregate = matches!(node.op, Op::Aggregate(_))
            && (node.ident == "aggregate" || node.ident == "distinct");
        if !aggregate || self.graph.gives(node.inputs[0]) == Gives::Grouped {
            return Some(NO_FINALS.to_owned());
        }
        let windowing = self.graph.windowing(table);
        match (windowing.window, windowing.lateness) {
            (None, _) => Some(format!(
                "`finals` takes a table with windows: put `.window(..)` and `.lateness(..)` before `.{}(..)`",
                node.ident
            )),
            (_, None) => Some(format!(
                "`finals` needs a lateness: without `.lateness(..)` before `.{}(..)` no window is ever final",
                node.ident
            )),
            _ => None,
        }
    }
}

/// Of errors behind a key.
const KEYED_ERRORS: &str = "`errors` is not to be had of operators on keyed streams: put what can fail into `.try_map(..)` before `.key_by(..)`, and take the errors of that";

/// Of several streams at once.
pub(super) const BRANCHES: &str =
    "`split` gives several streams: bind them by `let (name, rest) = ...` first";

/// Of tables that may always change.
const NO_FINALS: &str = "`finals` takes the table of an aggregate of a stream with windows: put it right after that `.aggregate(..)`";

fn of_stream(name: &str) -> Option<String> {
    Some(match name {
        "aggregate" | "window" | "distinct" => format!(
            "`{name}` needs a key: put `.key_by(..)` before it; `.key_by(|_| ())` keeps all records together"
        ),
        "latest" | "between" | "at_end" | "as_of_join" => {
            format!("`{name}` needs a key: put `.key_by(..)` before it")
        }
        _ if ORDERED.contains(&name) => format!(
            "`{name}` needs a key: put `.key_by(..)` before it; `.key_by(|_| ())` keeps all records together"
        ),
        "lateness" => {
            "`lateness` needs a key: put `.key_by(..)` before it, and `.window(tumbling(..))` if an aggregate follows"
                .to_owned()
        }
        "late" => {
            "`late` takes a keyed stream with a lateness: put `.key_by(..)`, `.window(..)` and `.lateness(..)` before it"
                .to_owned()
        }
        "finals" => {
            "`finals` takes a table with windows, and this is a stream, whose records are final"
                .to_owned()
        }
        "early" => {
            "`early` takes a table, and this is a stream, whose records are final".to_owned()
        }
        "group_by" => "`group_by` takes a table: a stream gets a key by `.key_by(..)`".to_owned(),
        "join_on" | "left_join_on" => format!(
            "`{name}` takes a table, and this is a stream: put `.key_by(..).latest()` before it"
        ),
        _ if Joining::by_name(name).is_some() => {
            format!("`{name}` needs a key on both sides: put `.key_by(..)` before it")
        }
        _ => return None,
    })
}

fn of_grouped(name: &str) -> Option<String> {
    Some(match name {
        "aggregate" => return None,
        "group_by" => "`group_by` takes a table: these rows have another key already".to_owned(),
        "early" => "`early` takes a table: put `.aggregate(..)` before it".to_owned(),
        "finals" => NO_FINALS.to_owned(),
        _ if OF_ROWS.contains(&name) || Joining::by_name(name).is_some() => {
            format!("`{name}` stands before `.group_by(..)` or after `.aggregate(..)`")
        }
        "merge" | "key_by" | "split" | "errors" | "lookup" => {
            format!("`{name}` takes a stream, and these are rows of a table")
        }
        _ if OF_KEYED.contains(&name) || ORDERED.contains(&name) => format!(
            "`{name}` takes a keyed stream, and these are rows of a table: put `.aggregate(..)` after `.group_by(..)`"
        ),
        _ if Each::by_name(name).is_some() => {
            format!("`{name}` takes a stream, and these are rows of a table")
        }
        _ => return None,
    })
}
