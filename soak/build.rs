//! Writes the jobs that are soaked. `OUZEL_SOAK_JOBS` says how many, `OUZEL_SOAK_SEED` which.

#[path = "src/grammar.rs"]
mod grammar;

use std::path::Path;

/// How many jobs a module has: what rustc takes at once.
const IN_A_MODULE: u64 = 20;

fn variable(name: &str, otherwise: u64) -> u64 {
    println!("cargo:rerun-if-env-changed={name}");
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=src/grammar.rs");
    println!("cargo:rerun-if-changed=build.rs");
    let (jobs, seed) = (variable("OUZEL_SOAK_JOBS", 2), variable("OUZEL_SOAK_SEED", 0));
    let (mut modules, mut list) = (String::new(), String::new());
    for first in (0..jobs).step_by(IN_A_MODULE as usize) {
        let module = format!("group_{first}");
        let mut text = "use crate::model::*;\nuse ouzel::prelude::*;\n\n".to_owned();
        for nth in first..(first + IN_A_MODULE).min(jobs) {
            let source = grammar::job(seed.wrapping_add(nth), &format!("job_{nth}"));
            text += &source;
            text.push('\n');
            list += &format!(
                "    Job {{ name: \"job_{nth}\", source: {source:?}, check: || ouzel_testkit::check({module}::job_{nth}) }},\n"
            );
        }
        modules += &format!("#[allow(clippy::all, unused)]\nmod {module} {{\n{text}}}\n\n");
    }
    let text = format!("{modules}\npub const JOBS: &[Job] = &[\n{list}];\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("jobs.rs"), text)
}
