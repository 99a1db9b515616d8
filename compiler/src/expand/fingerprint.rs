//! Whether an operator's code is the one that its kept state was made by.

use crate::ir::{Aggregate, Graph, NodeIndex, Op, Ordered, Plain};
use quote::ToTokens;
use syn::Stmt;

/// FNV-1a over the operator's tokens, the ids of its inputs, and the plain statements, whose values
/// any operator may use: those of its flow, and of what calls it.
pub fn fingerprint(graph: &Graph, index: NodeIndex, items: &[&Stmt], plain: &[&Plain]) -> u64 {
    let op = &graph.nodes[index].op;
    let text = match op {
        Op::Source(input) => match &graph.inputs[*input].valid_time {
            Some(range) => format!("source {input} valid {}", range.to_token_stream()),
            None => format!("source {input}"),
        },
        Op::Given(_) => "given".to_owned(),
        Op::Each(each, closure) => format!("{each:?} {}", closure.to_token_stream()),
        Op::Merge => "merge".to_owned(),
        Op::Lookup(closure) => format!("lookup {}", closure.to_token_stream()),
        Op::Errors => "errors".to_owned(),
        Op::Split(conditions) => {
            let conditions = conditions.iter().map(|c| c.to_token_stream().to_string());
            format!("split {}", conditions.collect::<Vec<_>>().join(", "))
        }
        Op::Branch(position) => format!("branch {position}"),
        Op::KeyBy(closure) => format!("key_by {}", closure.to_token_stream()),
        Op::Window(windows) => format!("window {}", windows.to_token_stream()),
        Op::Lateness(lateness) => format!("lateness {}", lateness.to_token_stream()),
        Op::Late => "late".to_owned(),
        Op::Finals => "finals".to_owned(),
        Op::Early(every) => format!("early {}", every.to_token_stream()),
        Op::Between(range) => {
            let [from, to] = &**range;
            format!("between {} {}", from.to_token_stream(), to.to_token_stream())
        }
        Op::AtEnd => "at_end".to_owned(),
        Op::AsOf => "as_of_join".to_owned(),
        Op::Ordered(ordered) => {
            let Ordered { name, values, closure, aggregate } = &**ordered;
            let values = values.iter().map(|v| v.to_token_stream().to_string());
            let closures = closure.iter().map(|c| c.to_token_stream().to_string());
            let aggregate = aggregate.iter().map(|a| of_aggregate(a, index));
            let parts: Vec<_> = values.chain(closures).chain(aggregate).collect();
            format!("{name} {}", parts.join(" "))
        }
        Op::Join(joining) => format!("join {joining:?}"),
        Op::GroupBy(closure) => format!("group_by {}", closure.to_token_stream()),
        Op::JoinTables(joining) => format!("join tables {joining:?}"),
        Op::JoinForeign(joining, closure) => {
            format!("join by {} {joining:?}", closure.to_token_stream())
        }
        Op::Arrange => "table".to_owned(),
        Op::Aggregate(aggregate) => of_aggregate(aggregate, index),
    };
    let inputs = graph.nodes[index].inputs.iter().map(|i| graph.nodes[*i].id.as_str());
    let scope = graph.nodes[index].scope;
    let plain = plain.iter().filter(|p| graph.within(scope, p.scope)).map(|p| &p.statement);
    let plain = items.iter().copied().chain(plain).map(|s| s.to_token_stream().to_string());
    let plain = plain.collect::<String>();
    let text = format!("{text} of {} with {plain}", inputs.collect::<Vec<_>>().join(", "));
    hash(&text)
}

/// FNV-1a.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

fn of_aggregate(aggregate: &Aggregate, index: NodeIndex) -> String {
    let closures = aggregate.arguments.iter().map(|a| a.closure.to_token_stream().to_string());
    // A placeholder's number is the operator's place, which says nothing of its code.
    let expr = aggregate.expr.to_token_stream().to_string();
    let expr = expr.replace(&format!("__argument{index}_"), "__argument_");
    format!("aggregate {expr} {}", closures.collect::<Vec<_>>().join(" "))
}
