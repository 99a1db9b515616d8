//! What is wrong with an operator that stands in the wrong place.

use super::Lowering;
use crate::ir::{Each, Gives, Joining, NodeIndex};

/// Operators on one record at a time that tables have too.
const OF_ROWS: [&str; 6] = ["filter", "map", "flat_map", "filter_map", "try_filter", "try_map"];

impl Lowering {
    /// What is wrong if an operator does not take what stands before it.
    pub(super) fn takes(&self, name: &str, receiver: NodeIndex) -> Result<(), String> {
        let join = Joining::by_name(name).is_some();
        let one_record = Each::by_name(name).is_some() || ["merge", "key_by"].contains(&name);
        let wrong = match (name, self.graph.gives(receiver)) {
            ("named", _) => return Ok(()),
            (_, Gives::Stream) => return self.of_stream(name),
            (_, Gives::Keyed) if one_record => {
                format!("`{name}` takes a stream without a key: put it before `.key_by(..)`")
            }
            (_, Gives::Keyed) => return self.of_keyed(name, receiver),
            ("aggregate", Gives::Grouped) => return Ok(()),
            (_, Gives::Grouped) => {
                format!("`{name}` stands before `.group_by(..)` or after `.aggregate(..)`")
            }
            ("finals" | "group_by", Gives::Table) => return Ok(()),
            ("key_by", Gives::Table) => {
                "`key_by` takes a stream, and this is a table: give its rows another key by `.group_by(..)`".to_owned()
            }
            ("lateness" | "late", Gives::Table) => {
                format!("`{name}` stands before `.aggregate(..)`")
            }
            ("aggregate" | "window" | "distinct" | "latest" | "between", Gives::Table) => format!(
                "`{name}` takes a keyed stream, and this is a table: a table's rows are aggregated by `.group_by(..).aggregate(..)`"
            ),
            (_, Gives::Table) if join || OF_ROWS.contains(&name) || !one_record => return Ok(()),
            (_, Gives::Table) => format!(
                "`{name}` takes a stream, and this is a table: the table of an aggregate with a lateness gives a stream by `.finals()`"
            ),
        };
        Err(wrong)
    }

    fn of_stream(&self, name: &str) -> Result<(), String> {
        Err(match name {
            "aggregate" | "window" | "distinct" => format!(
                "`{name}` needs a key: put `.key_by(..)` before it; `.key_by(|_| ())` keeps all records together"
            ),
            "lateness" | "late" => {
                format!("`{name}` needs windows: put `.key_by(..).window(tumbling(..))` before it")
            }
            "finals" => {
                "`finals` takes a table with windows: put `.aggregate(..)` before it".to_owned()
            }
            "group_by" => {
                "`group_by` takes a table: a stream gets a key by `.key_by(..)`".to_owned()
            }
            "join_on" | "left_join_on" => format!(
                "`{name}` takes a table: the log that this stream reads is one by `.key_by(..).latest()`"
            ),
            "latest" | "between" => format!("`{name}` needs a key: put `.key_by(..)` before it"),
            _ if Joining::by_name(name).is_some() => {
                format!("`{name}` needs a key on both sides: put `.key_by(..)` before it")
            }
            _ => return Ok(()),
        })
    }

    fn of_keyed(&self, name: &str, receiver: NodeIndex) -> Result<(), String> {
        let windowing = self.graph.windowing(receiver);
        Err(match name {
            "window" if windowing.window.is_some() => {
                "the records are in windows already".to_owned()
            }
            "window" if windowing.lateness.is_some() => {
                "put `lateness` after `window`: it says when windows are done with".to_owned()
            }
            "lateness" if windowing.lateness.is_some() => {
                "the windows have a lateness already".to_owned()
            }
            "aggregate" | "distinct" | "window" | "latest" if windowing.between.is_some() => {
                format!(
                    "`{name}` cannot follow `between`, which says how near the records of two streams must be in a join"
                )
            }
            "aggregate" | "distinct" | "latest"
                if windowing.window.is_none() && windowing.lateness.is_some() =>
            {
                "`lateness` needs windows here: put `.window(tumbling(..))` before it".to_owned()
            }
            "latest" if windowing.window.is_some() => {
                "`latest` takes a stream without windows: it is the last record of each key"
                    .to_owned()
            }
            "between" if windowing.window.is_some() => {
                "records that are in windows meet in these: `between` is for streams without"
                    .to_owned()
            }
            "finals" => {
                "`finals` takes a table with windows: put `.aggregate(..)` before it".to_owned()
            }
            "group_by" => "`group_by` takes a table: these records have a key already".to_owned(),
            "join_on" | "left_join_on" => {
                format!("`{name}` takes a table, and this is a keyed stream")
            }
            // Rustc says best that there is no such operator.
            _ => return Ok(()),
        })
    }
}
