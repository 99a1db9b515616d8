//! A command line whose output is kept.

use super::Console;
use crate::job_main::JobInfo;
use crate::terminal::Screen;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// What was printed.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a command line left: exit code, standard output, standard error.
pub(crate) fn command(jobs: &[JobInfo], line: &str) -> (u8, String, String) {
    let (out, err) = (Capture::default(), Capture::default());
    let console = Console {
        out: Screen::new(out.clone(), false, false),
        err: Screen::new(err.clone(), false, false),
        width: Some(100),
        signals: false,
    };
    let args = line.split_whitespace().map(Into::into).collect();
    let code = super::main(jobs, args, &console);
    (code, out.text(), err.text())
}
