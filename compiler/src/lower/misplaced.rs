//! What is wrong with an operator that stands in the wrong place.

use super::Lowering;
use crate::ir::{Each, Gives, NodeIndex};

impl Lowering {
    /// What is wrong if an operator does not take what stands before it.
    pub(super) fn takes(&self, name: &str, receiver: NodeIndex) -> Result<(), String> {
        let found = self.graph.nodes[receiver].op.gives();
        let wrong = match (name, found) {
            ("named", _) => return Ok(()),
            ("aggregate" | "window", Gives::Stream) => {
                format!(
                    "`{name}` needs a key: put `.key_by(..)` before it; `.key_by(|_| ())` keeps all records together"
                )
            }
            ("window", Gives::Keyed) if self.graph.windowing(receiver).window.is_some() => {
                "the records are in windows already".to_owned()
            }
            ("lateness", Gives::Keyed) if self.graph.windowing(receiver).lateness.is_some() => {
                "the windows have a lateness already".to_owned()
            }
            ("aggregate" | "window" | "lateness" | "late", Gives::Keyed) => return Ok(()),
            ("lateness" | "late", Gives::Stream) => {
                format!("`{name}` needs windows: put `.key_by(..).window(tumbling(..))` before it")
            }
            ("finals", Gives::Table) => return Ok(()),
            ("finals", _) => {
                "`finals` takes a table with windows: put `.aggregate(..)` before it".to_owned()
            }
            ("lateness" | "late", Gives::Table) => {
                format!("`{name}` stands before `.aggregate(..)`")
            }
            ("aggregate" | "window", Gives::Table) => {
                format!("`{name}` takes a keyed stream, and this is a table")
            }
            (_, Gives::Stream) => return Ok(()),
            // Rustc says best that there is no such operator.
            _ if Each::by_name(name).is_none() && !["merge", "key_by"].contains(&name) => {
                return Ok(());
            }
            (_, Gives::Keyed) => {
                format!("`{name}` takes a stream without a key: put it before `.key_by(..)`")
            }
            (_, Gives::Table) => format!(
                "`{name}` takes a stream, and this is a table: the table of an aggregate with a lateness gives a stream by `.finals()`"
            ),
        };
        Err(wrong)
    }
}
