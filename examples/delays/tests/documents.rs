//! Runs every console command of the README and of the examples' own pages.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The commands in a page's `console` blocks: lines that begin with `$ `.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut commands = Vec::new();
    let mut console = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) => console = language == "console",
            None if console => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            None => {}
        }
    }
    assert!(!commands.is_empty(), "{page} has no commands");
    commands
}

/// Runs a page's commands as they stand, but without optimisation: what they print is the same,
/// and the tests' own build serves.
fn run(page: &str) {
    let kafka = std::env::var_os("OUZEL_KAFKA").is_none_or(|value| value != "skip");
    for command in commands(page) {
        if command.contains("kafka") && !kafka {
            eprintln!("OUZEL_KAFKA=skip: `{command}` was SKIPPED");
            continue;
        }
        let development = command.replace("cargo run --release", "cargo run --quiet");
        // Every part of a pipe must end well, or with SIGPIPE since `head` had enough.
        let script = format!(
            "{development}\nfor s in \"${{PIPESTATUS[@]}}\"; do [ $s = 0 ] || [ $s = 141 ] || exit $s; done"
        );
        let output = Command::new("bash")
            .arg("-c")
            .arg(&script)
            .current_dir(root())
            .env("OUZEL_PROFILE", "dev")
            .output()
            .unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{page}: `{command}` failed\n{out}\n{err}");
        assert!(
            !out.is_empty() || command.contains("--out"),
            "{page}: `{command}` printed nothing\n{err}"
        );
    }
}

#[test]
fn the_commands_of_the_readme_run() {
    run("README.md");
}

#[test]
fn the_commands_of_the_examples_run() {
    for page in [
        "examples/README.md",
        "examples/nexmark/README.md",
        "examples/planes/README.md",
        "examples/weather/README.md",
        "examples/wordcount/README.md",
    ] {
        run(page);
    }
}

#[test]
fn the_job_of_the_readme_is_the_example() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let example = std::fs::read_to_string(root().join("examples/delays/src/main.rs")).unwrap();
    let job = example.split_once("use ouzel").map(|(_, job)| format!("use ouzel{job}")).unwrap();
    assert!(readme.contains(&job), "the README's job differs from examples/delays/src/main.rs");
}
