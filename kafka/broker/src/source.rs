//! Where brokers and registries come from.

use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What runs a broker on this machine.
pub enum Source {
    Maven { java: OsString },
    Docker,
}

/// Maven comes first: it fetches a tenth of what an image has, starts without a daemon, and a signal
/// goes to the broker itself.
pub fn find() -> Result<Source> {
    let java = match std::env::var_os("JAVA_HOME") {
        Some(home) => PathBuf::from(home).join("bin/java").into_os_string(),
        None => "java".into(),
    };
    if answers(&java, &["-version"]) && answers("mvn".as_ref(), &["-v"]) {
        return Ok(Source::Maven { java });
    }
    if answers("docker".as_ref(), &["info"]) {
        return Ok(Source::Docker);
    }
    Err(Error::new(
        "there is nothing to run Kafka with. Install Java 17 or later and Maven (Debian: apt-get \
         install openjdk-17-jre-headless maven), or start Docker, or name a broker that runs in \
         KAFKA_BROKERS. OUZEL_KAFKA=skip passes Kafka tests over",
    ))
}

fn answers(program: &OsStr, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
