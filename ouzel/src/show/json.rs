//! A plan as JSON.

use super::restart::Promise;
use super::{columns_read, comparison, fed_by, id, kind};
use ouzel_dsl::Plan;
use ouzel_dsl::plan::{KeyedEntry, Operator, OutputNode, SourceNode, StageNode};
use ouzel_dsl::schema::Field;
use serde_json::{Map, Value, json};

/// The whole plan, with what a restart leaves, if that is known. Operators are named by their ids,
/// stages by their place in the list.
pub(crate) fn plan(plan: &Plan, code: bool, restart: Option<&[Promise]>) -> String {
    let params: Map<_, _> =
        plan.params.iter().map(|(n, v)| (n.clone(), Value::from(v.as_str()))).collect();
    let stages = plan.stages.iter().enumerate().map(|(i, node)| stage(plan, i, node, code));
    let mut whole = json!({
        "job": plan.job,
        "parameters": params,
        "inputs": list(&plan.sources, |source| input(plan, source)),
        "operators": list(&plan.operators, |one| operator(plan, one)),
        "stages": stages.collect::<Vec<_>>(),
        "state": list(&plan.keyed, |keyed| state(plan, keyed)),
        "outputs": list(&plan.outputs, |one| output(plan, one)),
    });
    if let Some(promises) = restart {
        whole["restart"] = list(promises, super::restart::json);
    }
    format!("{whole:#}\n")
}

fn list<T>(all: &[T], one: impl Fn(&T) -> Value) -> Value {
    all.iter().map(one).collect()
}

fn ids<'a>(plan: &'a Plan, operators: &[usize]) -> Vec<&'a str> {
    operators.iter().map(|o| id(plan, *o)).collect()
}

fn input(plan: &Plan, source: &SourceNode) -> Value {
    json!({
        "name": source.input,
        "operator": id(plan, source.operator),
        "record": source.record,
        "columns": list(&source.fields, field),
        "read": columns_read(source),
        "prune": list(&source.prune, |test| comparison(source, test).into()),
        "event_time": source.event_time.and_then(|i| source.fields.get(i)).map(|f| &f.name),
        "idle_after_us": source.idle_after,
        "join_late": source.join_late,
        "valid_time_us": source.valid_time,
    })
}

fn operator(plan: &Plan, operator: &Operator) -> Value {
    json!({
        "id": operator.id,
        "kind": operator.kind,
        "site": operator.site.to_string(),
        "from": ids(plan, &operator.inputs),
        "stages": operator.stages,
        "note": operator.note,
    })
}

fn stage(plan: &Plan, index: usize, stage: &StageNode, code: bool) -> Value {
    let mut value = json!({
        "from": fed_by(plan, stage.input),
        "operators": ids(plan, &stage.operators),
    });
    if code {
        value["code"] = super::code::stage(index, stage.code).into();
    }
    value
}

fn state(plan: &Plan, keyed: &KeyedEntry) -> Value {
    let sources = keyed.sources.iter().filter_map(|s| plan.sources.get(*s));
    json!({
        "operator": id(plan, keyed.operator),
        "lateness_us": keyed.lateness,
        "waits_for": sources.map(|s| s.input).collect::<Vec<_>>(),
    })
}

fn output(plan: &Plan, output: &OutputNode) -> Value {
    json!({
        "name": output.name,
        "operator": id(plan, output.operator),
        "kind": kind(output.kind),
        "columns": list(&output.fields, field),
        "key_columns": output.key_columns,
    })
}

fn field(field: &Field) -> Value {
    json!({ "name": field.name, "type": field.ty.to_string(), "nullable": field.nullable })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_plan_is_json() {
        let text = plan(&testing::plan(), false, None);
        let plan: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(plan["job"], "delays");
        assert_eq!(plan["operators"][2]["from"], json!(["delays.1"]));
        assert_eq!(plan["operators"][2]["site"], "src/main.rs:18 aggregate");
        assert_eq!(plan["inputs"][0]["read"], json!(["scheduled", "carrier", "delay"]));
        assert_eq!(plan["inputs"][0]["prune"], json!(["delay >= 3.0"]));
        assert_eq!(plan["inputs"][0]["event_time"], "scheduled");
        assert_eq!(plan["stages"][0]["operators"], json!(["flights", "delays.1", "delays.3"]));
        assert_eq!(plan["stages"][0].get("code"), None);
        assert_eq!(plan["state"][0]["lateness_us"], 3_600_000_000u64);
        assert_eq!(plan["outputs"][0]["key_columns"], 3);
    }

    #[test]
    fn code_is_there_when_asked_for() {
        let text = plan(&testing::plan(), true, None);
        let plan: Value = serde_json::from_str(&text).unwrap();
        assert!(plan["stages"][0]["code"].as_str().unwrap().starts_with("fn stage_0() {"));
    }
}
