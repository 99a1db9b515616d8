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
  topics  Show, make or delete the topics of Kafka that the job needs
  group   Show the processes of a group, and how far they have come
  reset   Let a group begin anew

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
    let kafka = "  delays run --in flights=kafka://localhost:9092/flights --min-delay 1.5 \\
    --out delays=kafka://localhost:9092/delays --group blue
      share topics and state with all processes of that name
";
    let kafka = if cfg!(feature = "kafka") { kafka } else { "" };
    assert!(out.ends_with(&format!("{examples}{kafka}")), "{out}");
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
        ("run --in a.csv --min-delay 1 --mode fast", "[possible values: batch, stream, hybrid]"),
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
fn a_plan_says_what_is_left_after_a_restart() {
    let plan = |flags: &str| {
        let (code, out, err) = delays(&format!("plan --min-delay 1 {flags}"));
        assert_eq!((code, err.as_str()), (0, ""), "{flags}");
        out
    };
    let section = "\nafter a crash and a restart, as a stream\n";
    assert!(!plan("").contains(section));
    let ends = |flags: &str, expected: &str| {
        let out = plan(flags);
        let (_, promises) = out.split_once(section).unwrap();
        assert_eq!(promises, expected, "{flags}");
    };
    ends(
        "--in a.csv --out b.csv --state s",
        "  flights -> delays  exactly-once  a.csv -> b.csv\n                                   the checkpoint has the state, the position in `flights`, and the table is put in its place whole\n",
    );
    ends(
        "--in a.csv",
        "  flights -> delays  none  a.csv -> -\n                           without `--state` or `--group` it begins anew: `flights` is read from its start, and prints all of it again\n",
    );
    ends(
        "--in a.csv --state s",
        "  flights -> delays  at-least-once  a.csv -> -\n                                    what was printed after the last checkpoint is printed again\n",
    );
    let piped = plan("--in -?format=csv --out b.csv --state s");
    assert!(piped.contains("in its place whole, if the same comes in again from its start\n"));
    let json: serde_json::Value =
        serde_json::from_str(&plan("--in a.csv --out b.csv --state s --format json")).unwrap();
    assert_eq!(json["restart"][0]["guarantee"], "exactly-once");
    assert_eq!(json["restart"][0]["from"], "a.csv");
}

#[test]
fn what_cannot_be_given_is_refused_by_plan_and_run_alike() {
    let cases = [
        (
            "--in a.csv --out b.csv --guarantee exactly-once",
            "exactly-once needs the state of the run to be kept: give it a folder with `--state`",
        ),
        (
            "--in a.csv --state s --guarantee exactly-once",
            "the output `delays` (-) takes nothing back",
        ),
        (
            "--in a.csv --out b.csv --group g",
            "b.csv is not shared by processes: with `--group` all inputs",
        ),
        ("--out b.csv --state s", ""),
    ];
    for (flags, expected) in cases {
        for verb in ["plan", "run --mode stream"] {
            let (code, out, err) = delays(&format!("{verb} --min-delay 1 {flags}"));
            assert_eq!((code, out.as_str()), (2, ""), "{verb} {flags}: {err}");
            assert!(err.contains(expected), "{verb} {flags}: {err}");
        }
    }
    assert!(!std::path::Path::new("s").exists() && !std::path::Path::new("b.csv").exists());
}

#[test]
fn commands_of_kafka_want_topics() {
    for line in ["topics", "topics --create", "group --group g", "reset --group g"] {
        let (code, _, err) = delays(&format!("{line} --in a.csv --out b.csv --min-delay 1"));
        assert_eq!(code, 2, "{line}: {err}");
        assert!(err.contains("no input and no output is a topic of Kafka"), "{line}: {err}");
        assert_eq!(err.contains("feature `kafka`"), cfg!(not(feature = "kafka")), "{err}");
    }
    for (line, expected) in [
        ("group", "--group <NAME>"),
        ("reset", "--group <NAME>"),
        ("topics --outputs", "--delete"),
        ("topics --create --delete", "cannot be used with"),
        ("topics --group g --in a.csv --min-delay 1", "- is not shared by processes"),
    ] {
        let (code, _, err) = delays(line);
        assert!(code == 2 && err.contains(expected), "{line}: {err}");
    }
    let (code, out, _) = delays("topics --help");
    assert!(code == 0 && out.contains("kafka://localhost:9092/flights"), "{out}");
}

#[cfg(not(feature = "kafka"))]
#[test]
fn without_kafka_it_is_said_how_to_have_it() {
    for verb in ["run", "plan", "topics", "group --group g", "reset --group g"] {
        let (code, _, err) = delays(&format!("{verb} --in kafka://b:1/t --min-delay 1"));
        assert!(code == 2 && err.contains("build it with the feature `kafka`"), "{verb}: {err}");
    }
}

#[cfg(feature = "kafka")]
#[test]
fn clusters_are_not_mixed() {
    let line = "--in kafka://a:1/t --out kafka://b:1/u --group g --min-delay 1";
    for verb in ["run", "plan", "topics", "group", "reset"] {
        let (code, _, err) = delays(&format!("{verb} {line}"));
        assert!(code == 2 && err.contains("is of another cluster than the outputs"), "{err}");
    }
    let (code, out, err) =
        delays("plan --in kafka://b:1/t --out kafka://b:1/u --group g --min-delay 1");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("one transaction of Kafka commits the group's positions"), "{out}");
    let twice = "plan --in a.csv --out kafka://b:1/u --state s --guarantee at-least-once";
    let (_, out, _) = delays(&format!("{twice} --min-delay 1"));
    assert!(out.contains("at-least-once  a.csv -> kafka://b:1/u"), "{out}");
    // A group is a stream, whatever its inputs are.
    let (code, _, err) = delays("run --in a.csv --out kafka://b:1/u --group g --min-delay 1");
    assert!(code == 2 && err.contains("a.csv is not shared by processes"), "{err}");
}

#[test]
fn a_parameter_does_not_hide_a_flag() {
    let mut job = job();
    job.params = || &[ouzel_dsl::ParamInfo { name: "mode", ty: "u8" }];
    let (code, out, _) = command(&[job], "delays run --help");
    assert_eq!(code, 0);
    assert!(out.contains("--param-mode <VALUE>") && out.contains("--mode <MODE>"), "{out}");
}
