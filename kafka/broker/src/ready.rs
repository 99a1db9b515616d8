//! Waiting until a server answers.

use crate::error::{Error, Result};
use crate::process::Process;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Far more than a start takes, also on a machine that is busy.
const AT_MOST: Duration = Duration::from_secs(120);

/// Waits until `answers`; an error, with the end of the log, if the process ends before or it takes
/// too long.
pub fn wait(
    what: impl fmt::Display,
    process: &mut Process,
    log: &Log,
    mut answers: impl FnMut() -> bool,
) -> Result<()> {
    let until = Instant::now() + AT_MOST;
    loop {
        if let Some(status) = process.ended()? {
            return Err(Error::new(format!("{what} ended ({status}) at its start{}", log.tail())));
        }
        if answers() {
            return Ok(());
        }
        if Instant::now() >= until {
            let tail = log.tail();
            return Err(Error::new(format!("{what} does not answer within {AT_MOST:?}{tail}")));
        }
        sleep(Duration::from_millis(20));
    }
}

/// What a server prints from one start to the next.
pub struct Log {
    path: PathBuf,
    from: usize,
}

impl Log {
    /// The log of a start that is to come.
    pub fn next(path: &Path) -> Self {
        let from = path.metadata().map_or(0, |file| file.len() as usize);
        Self { path: path.to_owned(), from }
    }

    /// Whether `line`, or more of a line, was printed.
    pub fn has(&self, line: &str) -> bool {
        self.text().contains(line)
    }

    /// The last lines. What a broker tells of its settings is left out: it comes last where a setting
    /// is wrong, and is long.
    fn tail(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains(" = ")).collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        format!("; the end of {}:\n{tail}", self.path.display())
    }

    fn text(&self) -> String {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.from..).unwrap_or_default()).into_owned()
    }
}

/// Whether a broker says which requests it knows.
pub fn kafka(port: u16) -> bool {
    // Length; ApiVersions (18), version 0; an id to be repeated; no client id.
    const REQUEST: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, b'o', b'u', b'z', b'l', 255, 255];
    let mut response = [0; 10];
    let asked = connect(port).and_then(|mut stream| {
        stream.write_all(&REQUEST)?;
        stream.read_exact(&mut response)
    });
    asked.is_ok() && response[4..] == *b"ouzl\0\0"
}

/// Whether a GET of `path` succeeds.
pub fn http(port: u16, path: &str) -> bool {
    let mut response = String::new();
    let asked = connect(port).and_then(|mut stream| {
        write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
        stream.read_to_string(&mut response)
    });
    asked.is_ok() && response.lines().next().is_some_and(|status| status.contains(" 200"))
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}
