//! Outputs on standard output: a readable table on a terminal, JSON lines elsewhere.

mod json_lines;
mod order;
mod table;

pub(crate) use json_lines::JsonLines;
pub(crate) use table::Terminal;

use ouzel_dsl::{Error, Result};
use ouzel_hooks::Progress;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Standard output or standard error, shared by all who print to it.
#[derive(Clone)]
pub(crate) struct Screen {
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    /// Whether a person reads it.
    pub terminal: bool,
    /// Whether it shows colours: only on a terminal, and not where `NO_COLOR` is set.
    pub color: bool,
    /// The bar that is to be out of the way while something is printed.
    pub progress: Option<Arc<Progress>>,
}

impl Screen {
    pub fn new(writer: impl Write + Send + 'static, terminal: bool, color: bool) -> Screen {
        let writer: Box<dyn Write + Send> = Box::new(writer);
        Screen { writer: Arc::new(Mutex::new(writer)), terminal, color, progress: None }
    }

    pub fn stdout() -> Screen {
        let terminal = std::io::stdout().is_terminal();
        Screen::new(std::io::stdout(), terminal, terminal && colors())
    }

    pub fn stderr() -> Screen {
        let terminal = std::io::stderr().is_terminal();
        Screen::new(std::io::stderr(), terminal, terminal && colors())
    }

    /// The same screen, on which a progress bar may be too.
    pub fn beside(&self, progress: &Option<Arc<Progress>>) -> Screen {
        Screen { progress: progress.clone(), ..self.clone() }
    }

    /// Prints text as it is.
    pub fn print(&self, text: &str) -> Result<()> {
        let write = || {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write_all(text.as_bytes()).and_then(|()| writer.flush())
        };
        match &self.progress {
            Some(progress) => progress.suspend(write),
            None => write(),
        }
        .map_err(|e| Error::io("writing to standard output", e))
    }

    /// The text in bold, if the screen shows that.
    pub fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    /// The text in bold red.
    pub fn alarm(&self, text: &str) -> String {
        self.styled("1;31", text)
    }

    /// The text in faint letters.
    pub fn dim(&self, text: &str) -> String {
        self.styled("2", text)
    }

    fn styled(&self, code: &str, text: &str) -> String {
        match self.color {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Whether the user wants colours on a terminal: `NO_COLOR` (no-color.org) says no.
fn colors() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
    !no_color && !dumb
}
