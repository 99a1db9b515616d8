//! Processes: those that are measured, and the broker's.

use crate::Result;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process that ends by itself, or with its standard input, and prints what it measured. It is
/// killed if it is dropped before.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub fn start(mut command: Command, name: &str) -> Result<Running> {
        let child = command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn()?;
        Ok(Running { child, name: name.to_owned() })
    }

    /// This program once more, with other arguments.
    pub fn own(broker: &str, arguments: &[&str]) -> Result<Running> {
        let mut own = Command::new(std::env::current_exe()?);
        own.args(["--broker", broker]).args(arguments);
        Running::start(own, arguments.first().unwrap_or(&"it"))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended.
    pub fn runs(&mut self) -> Result {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("{} has ended early: {status}", self.name).into()),
        }
    }

    /// Writes a line to its standard input.
    pub fn tell(&mut self, line: &str) -> Result {
        let input = self.child.stdin.as_mut().ok_or("its standard input is closed")?;
        Ok(writeln!(input, "{line}")?)
    }

    /// Closes its standard input, and waits for what it measured. One that takes longer has got stuck.
    pub fn end<T: DeserializeOwned>(mut self, patience: Duration) -> Result<T> {
        drop(self.child.stdin.take());
        let until = Instant::now() + patience;
        // A line fits into the pipe.
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                return Err(format!("{} got stuck", self.name).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let status = self.child.wait()?;
        let text = self.child.stdout.take().map(std::io::read_to_string).transpose()?;
        let text = text.unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with('{'));
        let line =
            line.ok_or_else(|| format!("{} said nothing, and ended with {status}", self.name))?;
        Ok(serde_json::from_str(line)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, or is of no use any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many seconds of CPU a process has had; `self` is this one.
pub fn cpu_seconds(process: &str) -> f64 {
    cpu_of(&fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default())
}

/// After the name in parentheses: user and system time are the 12th and 13th, in 1/100 s.
fn cpu_of(stat: &str) -> f64 {
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// The process of a broker, if it is on this machine and may be looked at.
pub fn of_broker(broker: &str) -> Option<u32> {
    let (host, port) = broker.split(',').next()?.rsplit_once(':')?;
    if !["127.0.0.1", "localhost", "[::1]"].contains(&host) {
        return None;
    }
    let port: u16 = port.parse().ok()?;
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let sockets: Vec<String> =
        tables.iter().flatten().filter_map(|table| listening(table, port)).collect();
    let ids = fs::read_dir("/proc").ok()?.flatten();
    ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|id: &u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        let mut targets = files.filter_map(|file| fs::read_link(file.path()).ok());
        String::from_utf8_lossy(&line).contains("kafka.Kafka")
            && targets.any(|to| sockets.iter().any(|socket| to.to_str() == Some(socket)))
    })
}

/// The socket that listens on a port, by a table of the kernel's.
fn listening(table: &str, port: u16) -> Option<String> {
    let (suffix, listens) = (format!(":{port:04X}"), "0A");
    table.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is = fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == listens;
        is.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(cpu_of(stat), 2.0);
        assert_eq!(cpu_of(""), 0.0);
    }

    #[test]
    fn the_socket_of_a_port_is_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2384 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 11 1
   1: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33 1
";
        assert_eq!(listening(table, 9092).as_deref(), Some("socket:[22]"));
        assert_eq!(listening(table, 80).as_deref(), Some("socket:[33]"));
        assert_eq!(listening(table, 81), None);
    }
}
