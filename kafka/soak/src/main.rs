//! The soak, and the jobs that it runs: where the first argument is a job, this is one of its
//! processes.

use ouzel_kafka_soak::{Job, Kind, Mode, Told, job_main, soak};
use std::process::ExitCode;

const USAGE: &str = "usage: ouzel-kafka-soak [--faults N] [--seed N] [--mode alone|group]
    [--job timed|growing] [--guarantee at-least-once] [--round N] [--rate N] [--kind KIND].. [--dir DIR]
    [--quick]

  --round N    faults between two comparisons (50)
  --rate N     events a second (300)
  --kind KIND  faults of this kind only, or of these: Kill, BrokerPause and so on
  --dir DIR    keeps topics, state and logs there
  --quick      faults in short order
";

fn told() -> Result<Told, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut told = Told::new(program);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--quick" {
            told.quick = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value\n{USAGE}"))?;
        let wrong = || format!("{name} {value}: no such value\n{USAGE}");
        let number = || value.parse::<u64>().map_err(|_| wrong());
        match (name.as_str(), value.as_str()) {
            ("--faults", _) => told.faults = number()?,
            ("--seed", _) => told.seed = number()?,
            ("--round", _) => told.round = number()?.max(1),
            ("--rate", _) => told.rate = number()?.max(1),
            ("--dir", _) => told.dir = Some(value.into()),
            ("--mode", "alone") => told.mode = Some(Mode::Alone),
            ("--mode", "group") => told.mode = Some(Mode::Group),
            ("--job", "timed") => told.job = Some(Job::Timed),
            ("--job", "growing") => told.job = Some(Job::Growing),
            ("--guarantee", "exactly-once") => told.exactly_once = true,
            ("--guarantee", "at-least-once") => told.exactly_once = false,
            ("--mode" | "--job" | "--guarantee", _) => return Err(wrong()),
            ("--kind", _) => {
                let named = |kind: &Kind| format!("{kind:?}").eq_ignore_ascii_case(&value);
                told.kinds.push(Kind::ALL.into_iter().find(named).ok_or_else(wrong)?);
            }
            _ => return Err(format!("{name} is no option\n{USAGE}")),
        }
    }
    Ok(told)
}

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|first| first == "timed" || first == "growing") {
        return job_main();
    }
    let told = match told() {
        Ok(told) => told,
        Err(message) => {
            eprint!("{message}");
            return ExitCode::from(2);
        }
    };
    match soak(&told) {
        Ok(report) => {
            println!("{report}");
            let (lost, doubled) = report.differences();
            let differs = lost > 0 || (told.exactly_once && doubled > 0) || report.stuck > 0;
            if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("ouzel-kafka-soak: {error}");
            ExitCode::FAILURE
        }
    }
}
