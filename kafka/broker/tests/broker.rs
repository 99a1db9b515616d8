//! What is promised of brokers.

use ouzel_kafka_broker::{Broker, Options, Registry, skipped};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Runs one of Kafka's tools; returns what it prints.
fn tool(broker: &Broker, name: &str, arguments: &[&str]) -> Option<String> {
    let mut java = broker.tools()?;
    java.arg(format!("org.apache.kafka.tools.{name}"));
    let output = java.args(["--bootstrap-server", broker.bootstrap()]).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn runs(id: &str) -> bool {
    let status = Command::new("kill").args(["-0", id]).stderr(Stdio::null()).status();
    status.unwrap().success()
}

fn within(seconds: u64, what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < until, "not within {seconds} s: {what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_broker_that_was_killed_comes_back_with_its_topics() {
    if skipped() {
        return;
    }
    let broker = Broker::start(Options::new().partitions(3)).unwrap();
    let port: u16 = broker.bootstrap().strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    let connects = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(connects());
    tool(&broker, "TopicCommand", &["--create", "--topic", "bids"]);

    broker.kill().unwrap();
    assert!(!broker.runs().unwrap());
    assert!(!connects());

    broker.restart().unwrap();
    assert!(broker.runs().unwrap() && connects());
    if let Some(topic) = tool(&broker, "TopicCommand", &["--describe", "--topic", "bids"]) {
        assert!(topic.contains("PartitionCount: 3"), "{topic}");
    }

    broker.stop().unwrap();
    assert!(!connects());
}

#[test]
fn a_broker_can_be_paused() {
    if skipped() {
        return;
    }
    let broker = Broker::start(Options::new()).unwrap();
    let home = broker.log().unwrap().parent().unwrap().to_owned();
    let mut stream = TcpStream::connect(broker.bootstrap()).unwrap();
    // Asks for the versions of requests.
    stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0, 255, 255]).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();

    broker.pause().unwrap();
    assert!(broker.runs().unwrap());
    let mut stream = TcpStream::connect(broker.bootstrap()).unwrap();
    stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0, 255, 255]).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap_err();

    broker.resume().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();

    // Also when it is paused, it ends, and leaves nothing.
    let id = broker.id().unwrap().to_string();
    broker.pause().unwrap();
    drop(broker);
    assert!(!runs(&id));
    assert!(!home.exists());
}

#[test]
fn a_start_that_fails_shows_the_log() {
    if skipped() {
        return;
    }
    let started = Broker::start(Options::new().property("node.id", "seven"));
    let error = started.err().expect("it is not a number").to_string();
    assert!(error.contains("Invalid value seven for configuration"), "{error}");
}

/// The binary, and what it says of its broker.
struct Foreground {
    child: Child,
    bootstrap: String,
    log: String,
    /// Kept open, as there is more to print.
    _output: BufReader<ChildStdout>,
}

fn foreground() -> Foreground {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ouzel-broker"));
    let mut child = command.args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = output.by_ref().lines().map(Result::unwrap);
    let mut word = |name: &str| {
        let line = lines.find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].trim().to_owned()
    };
    let bootstrap = word("bootstrap.servers");
    let log = word("log");
    Foreground { child, bootstrap, log, _output: output }
}

/// The broker that writes `log`, where `/proc` tells command lines.
fn broker_of(log: &str) -> Option<String> {
    let properties = Path::new(log).with_file_name("server.properties");
    let entries = std::fs::read_dir("/proc").ok()?;
    let named = |id: &String| {
        let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        // The shell around it names it too.
        !command.starts_with(b"sh\0")
            && String::from_utf8_lossy(&command).contains(&*properties.to_string_lossy())
    };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).find(named)
}

#[test]
fn a_broker_is_gone_after_its_parent_is_killed() {
    if skipped() {
        return;
    }
    for paused in [false, true] {
        let Foreground { mut child, bootstrap, log, _output } = foreground();
        let broker = broker_of(&log);
        if let (true, Some(id)) = (paused, &broker) {
            assert!(Command::new("kill").args(["-STOP", id]).status().unwrap().success());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        within(5, "the broker is gone", || broker.as_ref().is_none_or(|id| !runs(id)));
        within(5, "the port is closed", || TcpStream::connect(&bootstrap).is_err());
        within(5, "its folder is removed", || !Path::new(&log).exists());
    }
}

#[test]
fn the_binary_ends_in_order_on_ctrl_c() {
    if skipped() {
        return;
    }
    let Foreground { mut child, bootstrap, log, _output } = foreground();
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(TcpStream::connect(bootstrap).is_err());
    assert!(!Path::new(&log).exists());
}

#[test]
fn a_registry_knows_no_subjects_at_first() {
    if skipped() {
        return;
    }
    let registry = Registry::start().unwrap();
    let (address, path) = registry.url().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /{path}/subjects HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("\r\n\r\n[]"), "{response}");
}
