//! Sinks for a run's outputs: where `--out` says, else standard output.

use crate::session::Mode;
use crate::terminal::{JsonLines, Screen, Terminal};
use crate::uri;
use ouzel_dsl::connector::Sink;
use ouzel_dsl::plan::{OutputKind, OutputNode};
use ouzel_dsl::{Error, Plan, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where an output goes.
enum Target<'a> {
    /// Standard output, as a table.
    Table,
    /// Standard output, as JSON lines.
    Lines { changes: bool },
    /// Elsewhere.
    Uri(&'a str),
}

fn target<'a>(uri: Option<&'a str>, screen: &Screen) -> Result<Target<'a>> {
    let Some(uri) = uri else {
        return Ok(if screen.terminal { Target::Table } else { Target::Lines { changes: false } });
    };
    match uri.strip_prefix('-') {
        Some("") => Ok(Target::Lines { changes: false }),
        Some("?changes") => Ok(Target::Lines { changes: true }),
        Some(options) if options.starts_with("?changes") => Err(Error::Usage(format!(
            "`--out {uri}`: `-?changes`, each update of a table, goes with no other option"
        ))),
        _ => Ok(Target::Uri(uri)),
    }
}

/// A sink for each output of the plan.
pub(super) fn sinks(
    plan: &Plan,
    given: &BTreeMap<String, String>,
    screen: &Screen,
) -> Result<BTreeMap<String, Arc<dyn Sink>>> {
    let targets = plan
        .outputs
        .iter()
        .map(|output| Ok((output, target(given.get(output.name).map(String::as_str), screen)?)))
        .collect::<Result<Vec<_>>>()?;
    let printed = targets.iter().filter(|(_, target)| !matches!(target, Target::Uri(_))).count();
    let several = printed > 1;
    let sink = |(output, target): (&OutputNode, Target<'_>)| -> Result<_> {
        let title = several.then(|| output.name.to_owned());
        let (screen, key_columns) = (screen.clone(), output.key_columns);
        let sink: Arc<dyn Sink> = match target {
            Target::Table => Arc::new(Terminal { screen, title, key_columns }),
            Target::Lines { changes } => {
                Arc::new(JsonLines { screen, wrap: title, key_columns, changes })
            }
            Target::Uri(uri) => uri::output(uri)?,
        };
        Ok((output.name.to_owned(), sink))
    };
    targets.into_iter().map(sink).collect()
}

/// What to tell those who run a stream and will wait for its tables in vain.
pub(super) fn hint(
    plan: &Plan,
    sinks: &BTreeMap<String, Arc<dyn Sink>>,
    mode: Mode,
) -> Option<String> {
    let waits = plan.outputs.iter().find(|output| {
        let sink = sinks.get(output.name);
        matches!(output.kind, OutputKind::Table(_))
            && sink.is_some_and(|sink| !sink.replaceable() && !sink.changes())
    })?;
    let name = waits.name;
    (mode == Mode::Stream).then(|| {
        format!(
            "note: the table `{name}` is shown when the run ends; `--out '{name}=-?changes'` \
             shows each update, `--out {name}=FILE` keeps a file up to date\n"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::Capture;
    use crate::testing;

    fn described(uri: Option<&str>, terminal: bool) -> Result<String> {
        let given = uri.iter().map(|uri| ("delays".to_owned(), (*uri).to_owned())).collect();
        let screen = Screen::new(Capture::default(), terminal, false);
        let sinks = sinks(&testing::plan(), &given, &screen)?;
        Ok(sinks["delays"].describe())
    }

    #[test]
    fn standard_output_is_a_table_only_on_a_terminal() {
        assert_eq!(described(None, true).unwrap(), "the terminal");
        assert_eq!(described(None, false).unwrap(), "-");
        assert_eq!(described(Some("-"), true).unwrap(), "-");
        assert_eq!(described(Some("-?changes"), true).unwrap(), "-?changes");
        let error = described(Some("-?pretty"), true).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
    }

    #[test]
    fn a_stream_whose_table_waits_says_so() {
        let plan = testing::plan();
        let screen = Screen::new(Capture::default(), true, false);
        let of = |uri: Option<&str>| {
            let given = uri.iter().map(|uri| ("delays".to_owned(), (*uri).to_owned())).collect();
            sinks(&plan, &given, &screen).unwrap()
        };
        assert!(hint(&plan, &of(None), Mode::Stream).unwrap().contains("-?changes"));
        assert_eq!(hint(&plan, &of(None), Mode::Batch), None);
        assert_eq!(hint(&plan, &of(Some("-?changes")), Mode::Stream), None);
    }
}
