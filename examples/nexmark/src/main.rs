//! `nexmark generate` writes the inputs, `nexmark q5 run` runs a query over them.

use ouzel::prelude::ExitCode;
use ouzel_nexmark::{
    generate, q0::q0, q1::q1, q2::q2, q3::q3, q4::q4, q5::q5, q6::q6, q7::q7, q8::q8, q9::q9,
    q10::q10, q11::q11, q12::q12, q13::q13, q14::q14, q15::q15, q16::q16, q17::q17, q18::q18,
    q19::q19, q20::q20, q21::q21, q22::q22,
};

// Keyed state is many small pieces of memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod queries {
    use super::*;

    // Makes the `main` of a binary that has nothing but jobs.
    ouzel::main![
        q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15, q16, q17, q18, q19,
        q20, q21, q22
    ];

    pub fn run() -> ExitCode {
        main()
    }
}

fn main() -> ExitCode {
    let first = std::env::args_os().nth(1).unwrap_or_default();
    match first.to_str() {
        Some("generate") => generate::main(),
        Some("--help" | "-h") => {
            let done = queries::run();
            println!("\n{GENERATE}");
            done
        }
        Some("") => {
            let done = queries::run();
            eprintln!("\n{GENERATE}");
            done
        }
        _ => queries::run(),
    }
}

/// What the help of the queries does not know of.
const GENERATE: &str = "`nexmark generate --help` says how to make data for them.";
