//! `NAME=URI`: which input comes from where, which output goes where.

use crate::session::{End, listed};
use clap::ArgMatches;
use ouzel_dsl::{Error, Plan, Result};
use std::collections::BTreeMap;

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
            return Err(Error::Usage(format!(
                "the {} `{name}` is given twice, as {before} and as {uri}; for several files \
                 give a folder, or a pattern in quotes so that the shell leaves it alone",
                end.word()
            )));
        }
    }
    Ok(bound)
}

/// No output may be written over an input, or over another output.
pub(super) fn apart(
    inputs: &BTreeMap<String, String>,
    outputs: &BTreeMap<String, String>,
) -> Result<()> {
    let file = |uri: &str| {
        let path = uri.split_once('?').map_or(uri, |(path, _)| path);
        (path != "-").then(|| std::fs::canonicalize(path).unwrap_or_else(|_| path.into()))
    };
    let mut taken: Vec<_> = inputs.iter().map(|(name, uri)| ("input", name, file(uri))).collect();
    for (name, uri) in outputs {
        let here = file(uri);
        let same = |(_, _, held): &&(_, _, _)| here.is_some() && *held == here;
        if let Some((what, other, _)) = taken.iter().find(same) {
            return Err(Error::Usage(format!(
                "the output `{name}` and the {what} `{other}` are the same file, {uri}: give them different ones"
            )));
        }
        taken.push(("output", name, here));
    }
    Ok(())
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
    fn an_output_is_not_written_over_an_input_or_another_output() {
        let uris = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, uri)| ((*name).to_owned(), (*uri).to_owned())).collect()
        };
        let inputs = uris(&[("flights", "Cargo.toml?format=csv")]);
        assert!(apart(&inputs, &uris(&[("kept", "-"), ("late", "-")])).is_ok());
        assert!(apart(&inputs, &uris(&[("kept", "a.csv"), ("late", "b.csv")])).is_ok());
        let over = apart(&inputs, &uris(&[("kept", "./Cargo.toml")])).unwrap_err().to_string();
        assert!(over.contains("the output `kept` and the input `flights`"), "{over}");
        let twice = apart(&inputs, &uris(&[("kept", "a.csv"), ("late", "a.csv?header=false")]));
        assert!(twice.unwrap_err().to_string().contains("the output `late` and the output `kept`"));
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
