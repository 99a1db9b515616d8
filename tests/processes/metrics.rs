//! What a run says of itself over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The whole of an answer.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_run_tells_its_metrics_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "at,who,n,x\n0,a,1,0.5\n1,b,7,0.25\n11000,a,3,1\n60000,a,2,1\n1,b,5,1\n";
    std::fs::write(dir.path().join("events.csv"), rows).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_contract-jobs"))
        .args(["watched", "run", "--epoch", "20ms", "--metrics", "0", "--progress", "never"])
        .args(["--in", &format!("events={}/events.csv?follow", dir.path().display())])
        .args(["totals", "finals", "late", "odd"].iter().flat_map(|name| {
            let path = dir.path().join(format!("{name}.jsonl"));
            ["--out".to_owned(), format!("{name}={}", path.display())]
        }))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("metrics at http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap().to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{line}");
    let until = Instant::now() + Duration::from_secs(60);
    let metrics = loop {
        let metrics = ask(&address, "GET /metrics");
        if metrics.contains(r#"ouzel_late_records_total{operator="windows.lateness"} 1"#) {
            break metrics;
        }
        assert!(Instant::now() < until, "{metrics}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(metrics.starts_with("HTTP/1.1 200 OK\r\n"), "{metrics}");
    assert!(metrics.contains("application/openmetrics-text; version=1.0.0"), "{metrics}");
    for expected in [
        r#"ouzel_records_total{operator="events"} 5"#,
        r#"ouzel_records_total{operator="odd.filter"} 4"#,
        "# TYPE ouzel_commits counter",
        "# UNIT ouzel_watermark_seconds seconds",
        "\n# EOF\n",
    ] {
        assert!(metrics.contains(expected), "{expected}: {metrics}");
    }
    assert!(ask(&address, "GET /healthz").ends_with("\r\nok\n"));
    assert!(ask(&address, "GET /readyz").ends_with("\r\nready\n"));
    assert!(ask(&address, "GET /../etc/passwd").starts_with("HTTP/1.1 404 "));
    assert!(ask(&address, "POST /metrics").starts_with("HTTP/1.1 405 "));
    // A client that says nothing holds up no one.
    let silent: Vec<_> = (0..8).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert!(ask(&address, "GET /healthz").ends_with("\r\nok\n"));
    drop(silent);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_address_that_is_taken_is_told_before_the_first_record() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("events.csv");
    std::fs::write(&file, "at,who,n,x\n0,a,1,0.5\n").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_contract-jobs"))
        .args(["ever", "run", "--metrics", &address, "--in", &format!("events={}", file.display())])
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(!run.status.success());
    assert!(said.contains(&format!("answering at {address}")), "{said}");
}
