//! What a process says of a panic in the user's code: its message and the operator, and no more.

use std::process::Command;

#[test]
fn a_panic_in_an_aggregate_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.csv");
    std::fs::write(&events, "at,who,n,x\n0,a,1,1\n1,b,2,1\n").unwrap();
    let input = format!("events={}", events.display());
    for mode in ["batch", "stream"] {
        for step in ["add", "merge", "finish"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_contract-jobs"));
            command.args(["broken", "run", "--in", &input, "--mode", mode, "--step", step]);
            let output = command.args(["--progress", "never"]).output().unwrap();
            assert!(!output.status.success() && output.stdout.is_empty(), "{mode}, {step}");
            let said = String::from_utf8_lossy(&output.stderr);
            let [line] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
            let (site, message) = line.split_once(" aggregate: panicked at ").expect(line);
            assert!(site.starts_with("error: ") && site.contains("bin/jobs.rs:"), "{line}");
            assert!(message.ends_with(": it broke"), "{line}");
        }
    }
}
