//! `group`: who shares a run, and how far it has come. `reset`: letting it begin anew.

use super::topics::{cluster, log_of, of_state, refuse_members, remove};
use super::{Console, ends, params};
use crate::job_main::JobInfo;
use clap::ArgMatches;
use ouzel_dsl::log::{Lane, Members, Progress};
use ouzel_dsl::{Plan, Result};
use ouzel_engine::{GroupConfig, RunConfig};
use ouzel_hooks::text::{Align, Grid, count, plural};
use ouzel_runtime_stream::{GroupTopics, group_topics};
use serde_json::{Value, json};

/// A partition that a group shares.
struct Part {
    topic: String,
    number: u32,
    of: Of,
    progress: Progress,
}

/// What a partition is of.
enum Of {
    Input(&'static str),
    /// The shard of an operator that has its number.
    Shard(String),
}

impl Of {
    fn word(&self) -> &'static str {
        match self {
            Of::Input(_) => "input",
            Of::Shard(_) => "shard",
        }
    }

    fn name(&self) -> &str {
        match self {
            Of::Input(name) => name,
            Of::Shard(operator) => operator,
        }
    }
}

/// The plan, its ends, and the group that is named.
fn open(
    job: &JobInfo,
    matches: &ArgMatches,
    console: &Console,
) -> Result<(Plan, RunConfig, GroupConfig)> {
    let plan = (job.plan)(&params(job, matches))?;
    let config = ends(&plan, matches, console)?;
    crate::session::check(&plan, &config)?;
    let name = matches.get_one::<String>("group").cloned().unwrap_or_default();
    Ok((plan, config, GroupConfig { name, ..GroupConfig::default() }))
}

/// Shows a group.
pub(super) fn group(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let (plan, config, group) = open(job, matches, console)?;
    let sink = cluster(&plan, &config)?;
    let log = log_of(&sink)?;
    let topics = group_topics(&plan, &config, &group)?;
    topics.refuse_missing(&log.name())?;
    let mut members = log.members(&group.name)?;
    let leading = topics.inputs.first().map(|input| input.topic.clone()).unwrap_or_default();
    // Inputs first: what they have become is letters by then, or has an effect already.
    let mut parts = Vec::new();
    for (topic, of, lanes) in lanes(log, topics)? {
        if matches!(of, Of::Shard(_)) {
            add_shards(&mut members, &leading, &topic, lanes);
        }
        let all: Vec<_> = (0..lanes).map(|number| Lane { topic: &topic, number }).collect();
        let of = |number, progress| {
            let of = match &of {
                Of::Input(name) => Of::Input(name),
                Of::Shard(operator) => Of::Shard(operator.clone()),
            };
            Part { topic: topic.clone(), number, of, progress }
        };
        let progress = log.progress(&group.name, &all)?;
        parts.extend((0..lanes).zip(progress).map(|(number, progress)| of(number, progress)));
    }
    let text = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => as_json(&group.name, &members, &parts),
        _ => text(&group.name, &members, &parts),
    };
    console.out.print(&text)
}

/// The topics whose partitions are shared, with how many there are.
fn lanes(log: &dyn ouzel_dsl::log::Log, topics: GroupTopics) -> Result<Vec<(String, Of, u32)>> {
    let mut all = Vec::new();
    for input in topics.inputs {
        all.push((input.topic, Of::Input(input.input), input.lanes));
    }
    for state in topics.state.into_iter().flatten() {
        // Before the first start there are none.
        let lanes = log.look(&state.letters)?.map_or(0, |found| found.lanes);
        all.push((state.letters, Of::Shard(state.operator), lanes));
    }
    Ok(all)
}

/// A shard is of who has the partition of its number of the first input's topic.
fn add_shards(members: &mut Members, leading: &str, letters: &str, lanes: u32) {
    for one in &mut members.members {
        let with = one.lanes.iter().filter(|lane| lane.0 == leading && lane.1 < lanes);
        let with: Vec<_> = with.map(|lane| (letters.to_owned(), lane.1)).collect();
        one.lanes.extend(with);
    }
}

fn total(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.progress.lag).sum()
}

fn owner<'a>(members: &'a Members, part: &Part) -> Option<&'a str> {
    let is = |lane: &&(String, u32)| lane.0 == part.topic && lane.1 == part.number;
    let owner = members.members.iter().find(|one| one.lanes.iter().any(|lane| is(&lane)));
    owner.map(|one| one.name())
}

fn text(group: &str, members: &Members, parts: &[Part]) -> String {
    let lag = count(total(parts));
    let state = members.state.as_deref().unwrap_or("there is no such group at the moment");
    let many = plural(members.members.len() as u64, "member");
    let mut out = format!("group {group}: {state}, {many}, lag {lag}\n");
    if !members.members.is_empty() {
        let mut grid =
            Grid::new([Align::Left, Align::Left, Align::Right, Align::Right]).indented(2);
        grid.row(["member", "host", "partitions", "shards", "id"]);
        for one in &members.members {
            let has = |shards: bool| {
                let of = |lane: &&(String, u32)| {
                    let is = |p: &&Part| p.topic == lane.0 && p.number == lane.1;
                    let part = parts.iter().find(is);
                    part.is_some_and(|part| matches!(part.of, Of::Shard(_)) == shards)
                };
                one.lanes.iter().filter(of).count().to_string()
            };
            let name = one.instance.as_deref().unwrap_or("(no --instance)");
            grid.row([name, &one.host, &has(false), &has(true), &one.id]);
        }
        out += &format!("\nmembers\n{grid}");
    }
    let right = Align::Right;
    let left = Align::Left;
    let mut grid = Grid::new([left, right, left, right, right, right]).indented(2);
    grid.row(["of", "number", "member", "committed", "end", "lag"]);
    for part in parts {
        let of = format!("{} {}", part.of.word(), part.of.name());
        let committed = part.progress.committed.map_or("-".to_owned(), count);
        let Progress { end, lag, .. } = part.progress;
        let member = owner(members, part).unwrap_or("-").to_owned();
        grid.row([of, part.number.to_string(), member, committed, count(end), count(lag)]);
    }
    out + &format!("\npartitions of inputs, and shards of operators\n{grid}")
}

fn as_json(group: &str, members: &Members, parts: &[Part]) -> String {
    let member = |one: &ouzel_dsl::log::OneOf| {
        let lanes =
            one.lanes.iter().map(|(topic, number)| json!({ "topic": topic, "number": number }));
        json!({
            "id": one.id,
            "instance": one.instance,
            "host": one.host,
            "partitions": lanes.collect::<Value>(),
        })
    };
    let part = |part: &Part| {
        json!({
            "what": part.of.word(),
            "of": part.of.name(),
            "topic": part.topic,
            "number": part.number,
            "member": owner(members, part),
            "committed": part.progress.committed,
            "end": part.progress.end,
            "lag": part.progress.lag,
        })
    };
    let whole = json!({
        "group": group,
        "state": members.state,
        "lag": total(parts),
        "members": members.members.iter().map(member).collect::<Value>(),
        "partitions": parts.iter().map(part).collect::<Value>(),
    });
    format!("{whole:#}\n")
}

/// Lets a group begin anew.
pub(super) fn reset(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let (plan, config, group) = open(job, matches, console)?;
    let sink = cluster(&plan, &config)?;
    let log = log_of(&sink)?;
    let topics = group_topics(&plan, &config, &group)?;
    refuse_members(&group.name, &log.members(&group.name)?)?;
    // Letters before offsets: with offsets and no letters a process is refused, the other way round
    // letters would count twice.
    remove(log, &of_state(&topics), console)?;
    let name = &group.name;
    let text = match log.disband(name)? {
        true => format!("deleted the offsets of the group `{name}`\n"),
        false => format!("the group `{name}` had no offsets\n"),
    };
    console.out.print(&text)?;
    console.out.print(
        "outputs keep what they have: a table comes to the same again, and a stream gets its rows once more; `topics --delete --outputs` deletes them\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::log::OneOf;

    fn group() -> (Members, Vec<Part>) {
        let lane = |topic: &str, number| (topic.to_owned(), number);
        let one = OneOf {
            id: "a-1".to_owned(),
            instance: Some("a".to_owned()),
            host: "10.0.0.1".to_owned(),
            lanes: vec![lane("flights", 0)],
        };
        let part = |topic: &str, number, of, committed, lag| Part {
            topic: topic.to_owned(),
            number,
            of,
            progress: Progress { committed, end: 1_234, lag },
        };
        let parts = vec![
            part("flights", 0, Of::Input("flights"), Some(1_200), 34),
            part("flights", 1, Of::Input("flights"), None, 1_234),
            part("g-delays-letters", 0, Of::Shard("delays".to_owned()), Some(1_233), 0),
        ];
        let mut members = Members { state: Some("Stable".to_owned()), members: vec![one] };
        add_shards(&mut members, "flights", "g-delays-letters", 1);
        (members, parts)
    }

    #[test]
    fn a_group_is_shown() {
        let (members, parts) = group();
        let expected = "\
group g: Stable, 1 member, lag 1,268

members
  member  host      partitions  shards  id
  a       10.0.0.1           1       1  a-1

partitions of inputs, and shards of operators
  of             number  member  committed    end    lag
  input flights       0  a           1,200  1,234     34
  input flights       1  -               -  1,234  1,234
  shard delays        0  a           1,233  1,234      0
";
        assert_eq!(text("g", &members, &parts), expected);
        let none = text("g", &Members::default(), &[]);
        assert!(
            none.starts_with("group g: there is no such group at the moment, 0 members, lag 0\n")
        );
    }

    #[test]
    fn a_group_is_json() {
        let (members, parts) = group();
        let json: Value = serde_json::from_str(&as_json("g", &members, &parts)).unwrap();
        assert_eq!(json["lag"], 1_268);
        assert_eq!(json["members"][0]["instance"], "a");
        assert_eq!(json["partitions"][0]["member"], "a");
        assert_eq!(json["partitions"][1]["committed"], Value::Null);
        assert_eq!(json["partitions"][2]["of"], "delays");
    }

    #[test]
    fn members_that_run_are_named() {
        let (members, _) = group();
        let said = refuse_members("g", &members).unwrap_err().to_string();
        assert!(said.contains("has 1 member that run: `a` (10.0.0.1)"), "{said}");
    }
}
