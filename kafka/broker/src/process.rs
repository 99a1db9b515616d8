//! A command that ends with this process.
//!
//! It runs under a small shell that waits on a pipe from here. The kernel closes the pipe when this
//! process ends, also when it is killed; the shell then kills the command, also when that is paused.

use crate::error::{Error, Of, Result};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What is to be run.
pub struct Launch {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// The name of the container, where the command runs one.
    pub container: Option<String>,
}

/// Which signal is sent.
#[derive(Clone, Copy)]
pub enum Signal {
    Term,
    Kill,
    Stop,
    Continue,
}

/// A command that runs.
pub struct Process {
    shell: Child,
    /// None: closed, by which the command is killed.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    id: u32,
    contained: bool,
}

impl Process {
    /// Runs `launch` in the folder `home`, which is removed if this process dies and it is
    /// `temporary`. What the command prints is added to the file `log`.
    pub fn start(launch: &Launch, home: &Path, log: &Path, temporary: bool) -> Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("keep.sh"), "ouzel-broker"]).arg(log);
        command.arg(if temporary { home.as_os_str() } else { "".as_ref() });
        command.arg(launch.container.as_deref().unwrap_or_default()).args(&launch.command);
        // In a group of its own: Ctrl-C and whoever kills this process's group leave the shell, which
        // has work to do then.
        command.current_dir(home).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().of("sh cannot be run")?;
        let orders = shell.stdin.take();
        let mut answers = BufReader::new(shell.stdout.take().expect("it was piped"));
        let mut line = String::new();
        answers.read_line(&mut line).of("sh says nothing")?;
        let id = line.trim().parse().of(format!("sh printed {line:?} in place of a process"))?;
        Ok(Self { shell, orders, answers, id, contained: launch.container.is_some() })
    }

    /// The id of the command's process; that of Docker's client, where a container runs.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sends a signal; nothing if the command has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        let name = match signal {
            Signal::Term => "TERM",
            Signal::Kill => "KILL",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        let Some(orders) = &mut self.orders else { return Ok(()) };
        // Nobody reads, or answers, once the command has ended.
        if writeln!(orders, "{name}").is_ok() {
            self.answers.read_line(&mut String::new()).of(format!("SIG{name} is not answered"))?;
        }
        // One thread after the other hears of it; on a busy machine the last ones go on for a while.
        let until = Instant::now() + Duration::from_secs(5);
        while matches!(signal, Signal::Stop) && !self.contained && !stopped(self.id) {
            if Instant::now() >= until {
                return Err(Error::new("it goes on after SIGSTOP"));
            }
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// How the command ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.shell.try_wait().of("the broker's shell")
    }

    /// Waits for the command's end.
    pub fn wait(&mut self, at_most: Duration) -> Result<()> {
        let until = Instant::now() + at_most;
        while self.ended()?.is_none() {
            if Instant::now() >= until {
                return Err(Error::new(format!("it has not ended within {at_most:?}")));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.shell.wait();
    }
}

/// Whether all threads of a process are stopped or gone. Where there is no `/proc`, nobody knows.
fn stopped(id: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // After the name, which may have anything in it.
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['T', 'Z', 'X']))
    })
}
