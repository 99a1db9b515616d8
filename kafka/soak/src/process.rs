//! A job process and its supervisor, which starts it again when it ends, as systemd would.

use crate::Result;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the supervisor waits before it starts a process again.
const RESTART_AFTER: Duration = Duration::from_millis(200);

/// How large files may get where the disk is to be full, in blocks of 512 bytes.
const FULL_AT: u32 = 16;

/// What processes have ended with.
#[derive(Default)]
pub struct Ends {
    /// How many were started again.
    pub restarts: u64,
    /// How often one ended of itself, by what it said last.
    pub errors: BTreeMap<String, u64>,
}

/// A job process.
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
    /// The file that the running one writes what it says to, and where that begins.
    saying: PathBuf,
    said_from: u64,
    /// When to start it again.
    next: Option<Instant>,
    /// Until when it is paused.
    paused: Option<Instant>,
    /// Until when the disk is full for it.
    full: Option<Instant>,
    /// Whether it was told to end.
    told: bool,
    started: Instant,
}

impl Process {
    pub fn new(program: &Path, arguments: Vec<String>, log: PathBuf) -> Process {
        Process {
            program: program.to_owned(),
            arguments,
            saying: log.clone(),
            log,
            child: None,
            said_from: 0,
            next: Some(Instant::now()),
            paused: None,
            full: None,
            told: false,
            started: Instant::now(),
        }
    }

    /// Does what is due: starts it, lets it go on.
    pub fn supervise(&mut self, ends: &mut Ends) -> Result<()> {
        let now = Instant::now();
        if self.paused.is_some_and(|until| now >= until) {
            self.paused = None;
            self.signal("CONT")?;
        }
        if self.full.is_some_and(|until| now >= until) {
            self.full = None;
            // The limit is the process's own.
            self.kill();
        }
        if let Some(child) = &mut self.child
            && child.try_wait()?.is_some()
        {
            if !self.told {
                *ends.errors.entry(self.said()).or_default() += 1;
            }
            (self.child, self.told, self.paused) = (None, false, None);
            self.next = Some(now + RESTART_AFTER);
            ends.restarts += 1;
        }
        if self.child.is_none() && self.next.is_some_and(|next| now >= next) {
            self.start()?;
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        // Where the disk is full, what it says begins a file of its own.
        let full = self.full.is_some();
        self.saying = if full { self.log.with_extension("full.log") } else { self.log.clone() };
        let mut log = File::options().create(true).append(true).open(&self.saying)?;
        if full {
            log.set_len(0)?;
        }
        self.said_from = log.seek(SeekFrom::End(0))?;
        let mut command = match self.full {
            None => Command::new(&self.program),
            Some(_) => {
                // A write beyond the limit is an error, as on a disk that is full.
                let mut command = Command::new("bash");
                let script = format!("trap '' XFSZ; ulimit -f {FULL_AT}; exec \"$0\" \"$@\"");
                command.args(["-c", &script]).arg(&self.program);
                command
            }
        };
        command.args(&self.arguments).stdin(Stdio::piped());
        self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn()?);
        (self.next, self.started) = (None, Instant::now());
        Ok(())
    }

    /// What it said last.
    fn said(&self) -> String {
        let mut text = String::new();
        let read = File::open(&self.saying).and_then(|mut log| {
            log.seek(SeekFrom::Start(self.said_from))?;
            log.read_to_string(&mut text)
        });
        let error = text.lines().rev().find(|line| line.starts_with("error"));
        let line = error.or(text.lines().last()).filter(|_| read.is_ok()).unwrap_or("nothing");
        // Numbers apart, it is the same.
        let mut said = String::new();
        for c in line.chars().take(180) {
            match c.is_ascii_digit() {
                true if said.ends_with('#') => {}
                true => said.push('#'),
                false => said.push(c),
            }
        }
        said
    }

    fn signal(&self, name: &str) -> Result<()> {
        let Some(child) = &self.child else { return Ok(()) };
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &child.id().to_string()]).stderr(Stdio::null()).status()?;
        Ok(())
    }

    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            self.told = true;
            let _ = child.kill();
        }
    }

    pub fn terminate(&mut self) -> Result<()> {
        self.told = true;
        // One that is paused hears nothing else.
        self.paused = None;
        self.signal("TERM")?;
        self.signal("CONT")
    }

    pub fn pause(&mut self, length: Duration) -> Result<()> {
        self.paused = Some(Instant::now() + length);
        self.signal("STOP")
    }

    pub fn go_on(&mut self) -> Result<()> {
        self.paused = None;
        self.signal("CONT")
    }

    /// Starts it anew where files may not grow, and after a time where they may.
    pub fn fill_disk(&mut self, length: Duration) {
        self.full = Some(Instant::now() + length);
        self.kill();
    }

    /// For how long it has been running; not while it is paused.
    pub fn age(&self) -> Duration {
        match self.child.is_some() && self.paused.is_none() {
            true => self.started.elapsed(),
            false => Duration::ZERO,
        }
    }

    /// Whether the disk is full for it.
    pub fn is_full(&self) -> bool {
        self.full.is_some()
    }

    /// Ends it for good; false if it had to be killed, though it was told to end.
    pub fn end(mut self) -> Result<bool> {
        self.terminate()?;
        let Some(mut child) = self.child.take() else { return Ok(true) };
        let until = Instant::now() + Duration::from_secs(90);
        while child.try_wait()?.is_none() {
            if Instant::now() >= until {
                child.kill()?;
                child.wait()?;
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(true)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
