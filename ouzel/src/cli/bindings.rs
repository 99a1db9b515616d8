//! `NAME=URI`: which input comes from where, which output goes where.

use crate::session::{End, listed};
use crate::uri;
use clap::ArgMatches;
use ouzel_connectors::Place;
use ouzel_dsl::{Error, Plan, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// What was given with `--in` or `--out`, by name.
pub(super) fn read(
    plan: &Plan,
    end: End,
    matches: &ArgMatches,
) -> Result<BTreeMap<String, String>> {
    if let Some(stray) = matches.get_many::<String>("stray").and_then(|mut all| all.next()) {
        return Err(Error::Usage(format!(
            "`{stray}` belongs to no flag; put a pattern that names several files in quotes, so \
             that the shell leaves it alone"
        )));
    }
    let (flag, values) = match end {
        End::Input => ("in", matches.get_many::<String>("in")),
        End::Output => ("out", matches.get_many::<String>("out")),
    };
    bind(plan, end, flag, values.into_iter().flatten().map(String::as_str))
}

fn bind<'a>(
    plan: &Plan,
    end: End,
    flag: &str,
    values: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>> {
    let names = end.names(plan);
    let mut bound = BTreeMap::new();
    for value in values {
        if value.starts_with("--") {
            return Err(Error::Usage(format!("`--{flag}` needs a value, and `{value}` is a flag")));
        }
        let (name, uri) = match (split(value), names.as_slice()) {
            (Some((name, uri)), _) => (name, uri),
            (None, [only]) => (*only, value),
            (None, _) => {
                return Err(Error::Usage(format!(
                    "`--{flag} {value}` needs a name, `--{flag} NAME={value}`, since {} has {} {}s: {}",
                    plan.job,
                    names.len(),
                    end.word(),
                    listed(&names)
                )));
            }
        };
        end.check(plan, name)?;
        if uri.is_empty() {
            return Err(Error::Usage(format!("`--{flag} {value}` says nothing after `{name}=`")));
        }
        if let Some(before) = bound.insert(name.to_owned(), uri.to_owned()) {
            let advice = match end {
                End::Input => {
                    "for several files give a folder, or a pattern in quotes so that the shell \
                     leaves it alone"
                }
                End::Output => "it is written to one place",
            };
            return Err(Error::Usage(format!(
                "the {} `{name}` is given twice, as {before} and as {uri}; {advice}",
                end.word()
            )));
        }
    }
    Ok(bound)
}

/// Where a run reads or writes, as it is told to the user.
struct Named {
    what: String,
    place: Place,
}

/// Nothing may be written over or among the files of an input, or over what else is written.
pub(super) fn apart(
    plan: &Plan,
    inputs: &BTreeMap<String, String>,
    outputs: &BTreeMap<String, String>,
    dead_letters: Option<&str>,
    report: Option<&Path>,
) -> Result<()> {
    let mut held = Vec::new();
    for (name, uri) in inputs {
        for place in uri::places_of_input(uri)? {
            held.push(Named { what: format!("the input `{name}` ({uri})"), place });
        }
    }
    let mut written = Vec::new();
    for (name, uri) in outputs.iter().filter(|(_, uri)| !is_standard(uri)) {
        let what = format!("the output `{name}` ({uri})");
        written.push(Named { what, place: uri::place_of_output(uri)? });
    }
    if let Some(uri) = dead_letters {
        let printed = |name: &&str| outputs.get(*name).is_none_or(|uri| is_standard(uri));
        if let Some(name) = End::Output.names(plan).iter().find(|name| printed(name))
            && is_standard(uri)
        {
            return Err(Error::Usage(format!(
                "the dead letters and the output `{name}` would get mixed on standard output: \
                 send one of them to a file"
            )));
        }
        written.push(Named {
            what: format!("the dead letters ({uri})"),
            place: uri::place_of_output(uri)?,
        });
    }
    if let Some(path) = report {
        let what = format!("the report ({})", path.display());
        written.push(Named { what, place: Place::file(path) });
    }
    for new in written {
        if let Some(other) = held.iter().find(|other| new.place.overlaps(&other.place)) {
            return Err(Error::Usage(format!(
                "{} and {} would get in each other's way: give each a place of its own",
                new.what, other.what
            )));
        }
        held.push(new);
    }
    Ok(())
}

/// Whether a URI is standard input or output.
pub(super) fn is_standard(uri: &str) -> bool {
    uri == "-" || uri.starts_with("-?")
}

/// Name and URI, if what stands before the first `=` is a name.
fn split(value: &str) -> Option<(&str, &str)> {
    let (name, uri) = value.split_once('=')?;
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (first && rest).then_some((name, uri))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn inputs(values: &[&str]) -> Result<Vec<(String, String)>> {
        let bound = bind(&testing::plan(), End::Input, "in", values.iter().copied())?;
        Ok(bound.into_iter().collect())
    }

    #[test]
    fn a_lone_input_needs_no_name() {
        let expected = |uri: &str| vec![("flights".to_owned(), uri.to_owned())];
        for uri in [
            "a.csv",
            "-",
            "-?format=csv",
            "data/year=2013/*.parquet",
            "a.csv?follow&poll=1s",
            "./x=y.csv",
        ] {
            assert_eq!(inputs(&[uri]).unwrap(), expected(uri));
            assert_eq!(inputs(&[&format!("flights={uri}")]).unwrap(), expected(uri));
        }
    }

    #[test]
    fn nothing_is_written_over_an_input_or_twice() {
        let uris = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, uri)| ((*name).to_owned(), (*uri).to_owned())).collect()
        };
        let read = uris(&[("flights", "Cargo.toml?format=csv"), ("src", "src/?format=text")]);
        let apart = |outputs: &[(&str, &str)], dead_letters: Option<&str>, report: Option<&str>| {
            let done =
                apart(&testing::plan(), &read, &uris(outputs), dead_letters, report.map(Path::new));
            done.map_err(|error| error.to_string()).err().unwrap_or_default()
        };
        let good = apart(&[("kept", "a.csv"), ("late", "b.csv")], Some("bad.csv"), Some("r.json"));
        assert_eq!(good, "");
        assert_eq!(apart(&[("kept", "-"), ("late", "-?changes")], None, None), "");
        assert_eq!(
            apart(&[("kept", "./Cargo.toml?format=csv")], None, None),
            "the output `kept` (./Cargo.toml?format=csv) and the input `flights` \
             (Cargo.toml?format=csv) would get in each other's way: give each a place of its own"
        );
        let over = |said: String, one: &str, other: &str| {
            assert!(said.starts_with(&format!("{one} and {other} would get")), "{said}");
        };
        let input = "the input `src` (src/?format=text)";
        let twice = apart(&[("kept", "a.csv"), ("late", "a.csv?header=false")], None, None);
        let kept = "the output `kept` (a.csv)";
        over(twice, "the output `late` (a.csv?header=false)", kept);
        over(apart(&[("kept", "src/a.csv")], None, None), "the output `kept` (src/a.csv)", input);
        over(apart(&[], Some("src/b.csv"), None), "the dead letters (src/b.csv)", input);
        over(apart(&[("kept", "a.csv")], Some("a.csv"), None), "the dead letters (a.csv)", kept);
        over(apart(&[], None, Some("src/lib.rs")), "the report (src/lib.rs)", input);
        over(apart(&[("kept", "a.csv")], None, Some("a.csv")), "the report (a.csv)", kept);
        assert!(apart(&[], Some("-"), None).contains("mixed on standard output"));
        assert_eq!(apart(&[("delays", "a.csv")], Some("-"), None), "");
        let letters = apart(&[], Some("a.csv"), Some("./a.csv"));
        over(letters, "the report (./a.csv)", "the dead letters (a.csv)");
    }

    #[test]
    fn what_cannot_be_bound_says_why() {
        let error = |values: &[&str]| inputs(values).unwrap_err().to_string();
        assert!(error(&["flihgts=a.csv"]).contains("did you mean `flights`?"));
        assert!(error(&["temperature=a.csv"]).contains("it has `flights`"));
        assert!(error(&["flights="]).contains("says nothing after `flights=`"));
        assert!(error(&["a.csv", "b.csv"]).contains("a pattern in quotes"));
        assert!(error(&["--mode"]).contains("`--in` needs a value, and `--mode` is a flag"));
    }

    #[test]
    fn several_inputs_need_names() {
        let mut plan = testing::plan();
        plan.sources.extend(testing::plan().sources);
        if let Some(second) = plan.sources.last_mut() {
            second.input = "weather";
        }
        let values = ["flights=a.csv", "weather=b.csv"];
        assert_eq!(bind(&plan, End::Input, "in", values.into_iter()).unwrap().len(), 2);
        let error = bind(&plan, End::Input, "in", ["a.csv"].into_iter()).unwrap_err().to_string();
        let expected = "`--in a.csv` needs a name, `--in NAME=a.csv`, since delays has 2 inputs: \
                        `flights` and `weather`";
        assert_eq!(error, expected);
    }
}
