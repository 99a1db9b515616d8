//! The command line as a user meets it.

use super::testing::command;
use crate::testing::{job, join};

fn delays(line: &str) -> (u8, String, String) {
    command(&[job()], &format!("/usr/bin/delays {line}"))
}

#[test]
fn help_begins_with_the_jobs_documentation_and_ends_in_examples() {
    let expected = "\
Departures and mean delay by carrier and hour.

Usage: delays <COMMAND>

Commands:
  run     Run the job
  plan    Show what the job was compiled to
  verify  Check that batch and stream agree on an input
  schema  Show the columns of inputs and outputs, with examples

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Examples:
  delays run --in flights=flights.csv --min-delay 1.5
      run over a file and show the result
  delays schema --min-delay 1.5
      what the input must look like
  delays verify --in flights=flights.csv --min-delay 1.5
      check that batch and stream agree
";
    let (code, out, err) = delays("-h");
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected, ""));
    let (_, long, _) = delays("--help");
    assert!(long.contains("\n\nFlights that never left do not count.\n"), "{long}");
}

#[test]
fn help_of_run_names_inputs_outputs_and_parameters() {
    let (code, out, _) = delays("run --help");
    assert_eq!(code, 0);
    // However it is wrapped.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let has = |line: &str| assert!(words(&out).contains(&words(line)), "{line}\nis not in\n{out}");
    has("Usage: delays run [OPTIONS] --in <NAME=URI> --min-delay <VALUE>\n");
    has("      --min-delay <VALUE>  The job's parameter `min_delay`, of type f64\n");
    has("the input is `flights`, and its");
    has(
        "      --memory <SIZE>      Memory for keyed state, beyond which it goes to disk [default: 2GiB]\n",
    );
    let examples = "
Examples:
  delays run --in flights=flights.csv --min-delay 1.5
      read files to their end and show the result
  delays run --in 'flights=flights/*.parquet' --min-delay 1.5 \\
    --out delays=delays.parquet --report report.json
      read all files of a pattern, write Parquet, and report what each operator did
  delays run --in 'flights=flights.jsonl?follow' --min-delay 1.5 \\
    --out delays=delays.parquet --state state
      follow files as they grow; after a restart, go on from the last checkpoint
  delays run --in 'flights=flights.jsonl?follow' --min-delay 1.5 \\
    --out 'delays=-?changes'
      follow files and print each update of a table as it happens
  delays run --in flights=flights.csv --min-delay 1.5 \\
    --on-error dead-letter=bad.jsonl
      keep records aside that cannot be decoded or processed
";
    assert!(out.ends_with(examples), "{out}");
}

#[test]
fn verify_does_not_offer_standard_input() {
    assert!(delays("run --help").1.contains("-?format=csv"));
    let (code, out, _) = delays("verify --help");
    assert!(code == 0 && !out.contains("-?"), "{out}");
}

#[test]
fn several_jobs_are_listed_with_their_headlines() {
    let expected = "\
Dataflow jobs that run as batch or as stream with equal results

Usage: jobs <JOB>

Jobs:
  delays  Departures and mean delay by carrier and hour.
  join    Flights with their weather.

Options:
  -h, --help     Print help
  -V, --version  Print version

`jobs JOB --help` says what can be done with a job.
";
    let (code, out, _) = command(&[job(), join()], "jobs --help");
    assert_eq!((code, out.as_str()), (0, expected));
    let (_, out, _) = command(&[job(), join()], "jobs join run --help");
    assert!(out.contains("jobs join run --in flights=flights.csv --in weather=weather.csv\n"));
}

#[test]
fn the_version_is_the_jobs_and_ours() {
    let (code, out, _) = delays("--version");
    assert_eq!((code, out), (0, format!("delays 1.2.3 (ouzel {})\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_makes_no_sense_is_answered_with_2() {
    let cases = [
        ("", "Usage: delays"),
        ("fly", "unrecognized subcommand 'fly'"),
        ("run", "--in <NAME=URI>"),
        ("run --in a.csv", "--min-delay <VALUE>"),
        ("run --in a.csv --min-delay x", "`--min-delay x`: invalid float literal"),
        (
            "run --in flihgts=a.csv --min-delay 1",
            "error: delays has no input `flihgts`; did you mean `flights`?",
        ),
        ("run --in a.csv --out dleays=x.csv --min-delay 1", "did you mean `delays`?"),
        ("run --in a.csv --min-delay 1 --mode fast", "[possible values: batch, stream]"),
        ("run --in a.csv --min-delay 1 --workers 0", "invalid value '0'"),
        ("run --in a.csv --min-delay 1 --memory lots", "not a size such as 2GiB"),
        (
            "run --in a.csv --min-delay 1 --on-error hope",
            "it is one of fail, skip, dead-letter=URI",
        ),
        (
            "run --in a.csv --min-delay 1 --on-error skip --on-error fail",
            "`--on-error` is given twice for all operators",
        ),
        (
            "verify --in a.csv --min-delay 1 --on-error a=skip --on-error fail --on-error a=fail",
            "`--on-error` is given twice for the operator `a`",
        ),
        ("run --in a.csv --min-delay 1 --epoch soon", "not a length of time"),
        ("verify --in a.csv --min-delay 1 --layout", "a value is required for '--layout <FILE>'"),
        ("run --in nowhere://a --min-delay 1", "error: "),
        ("run --in a.csv b.csv --min-delay 1", "`b.csv` belongs to no flag"),
        ("run --in --min-delay 1", "--min-delay <VALUE>"),
        ("run --in a.csv --out -?pretty --min-delay 1", "options are: format"),
        ("run --in a.csv --out -?changes&x=1 --min-delay 1", "goes with no other option"),
        (
            "verify --in a.csv --min-delay 1 --on-error dead-letter=x",
            "it is one of fail, skip, dead-letter",
        ),
        ("verify --in -?format=csv --min-delay 1", "can be read once"),
        (
            "run --in a.csv --out a.jsonl --out b.jsonl --min-delay 1",
            "is given twice, as a.jsonl and as b.jsonl; it is written to one place\n",
        ),
        ("plan --min-delay 1 --format yaml", "[possible values: text, json, mermaid]"),
    ];
    for (line, expected) in cases {
        let (code, out, err) = delays(line);
        assert!(err.contains(expected), "{line}: {err}");
        assert_eq!((code, out.as_str()), (2, ""), "{line}");
    }
}

#[test]
fn an_error_of_ours_points_at_the_help() {
    let (_, _, err) = delays("run --in flihgts=a.csv --min-delay 1");
    assert!(err.ends_with("\nfor more, see `delays run --help`\n"), "{err}");
    let (_, _, err) = command(&[job(), join()], "jobs delays plan --min-delay x");
    assert!(err.ends_with("\nfor more, see `jobs delays plan --help`\n"), "{err}");
}

#[test]
fn a_failure_is_answered_with_1() {
    let (code, out, err) = command(&[job(), join()], "jobs join plan");
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", "error: join has no plan\n"));
}

#[test]
fn plan_and_schema_print_to_standard_output() {
    let (code, out, err) = delays("plan --min-delay -3");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("  min_delay = -3\n"), "{out}");
    assert!(delays("plan --min-delay 1 --format mermaid").1.starts_with("flowchart TD\n"));
    assert!(delays("plan --min-delay 1 --format json").1.starts_with("{\n"));
    assert!(delays("plan --min-delay 1 --code").1.contains("fn stage_0() {\n"));
    assert!(delays("schema --min-delay 1").1.starts_with("input flights: Flight\n"));
}

#[test]
fn a_parameter_does_not_hide_a_flag() {
    let mut job = job();
    job.params = || &[ouzel_dsl::ParamInfo { name: "mode", ty: "u8" }];
    let (code, out, _) = command(&[job], "delays run --help");
    assert_eq!(code, 0);
    assert!(out.contains("--param-mode <VALUE>") && out.contains("--mode <MODE>"), "{out}");
}
