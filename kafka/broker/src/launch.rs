//! The commands that run a broker and a registry.

use crate::error::{Of, Result};
use crate::jars;
use crate::options::Options;
use crate::process::Launch;
use crate::source::Source;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where a broker listens.
#[derive(Clone, Copy)]
pub struct Ports {
    pub broker: u16,
    pub controller: u16,
}

/// The versions of the images are those of the poms.
const KAFKA_IMAGE: &str = "apache/kafka:4.1.0";
const REGISTRY_IMAGE: &str = "apicurio/apicurio-registry-mem:2.6.13.Final";

/// Past the image's own start script, which settles properties and data in its own way.
const IN_CONTAINER: &str = "[ -e /home/data/meta.properties ] || \
     /opt/kafka/bin/kafka-storage.sh format -t \"$1\" -c /home/server.properties || exit; \
     exec /opt/kafka/bin/kafka-server-start.sh /home/server.properties";

/// The command that runs a broker in the folder `home`; puts there what it needs.
pub fn kafka(source: &Source, options: &Options, home: &Path, ports: Ports) -> Result<Launch> {
    let data = home.join("data");
    fs::create_dir_all(&data).of(data.display())?;
    match source {
        Source::Maven { java } => {
            let jars = jars::kafka(java)?;
            if !data.join("meta.properties").exists() {
                copy(&jars.join("blank"), &data)?;
            }
            let properties = write(options, home, "127.0.0.1", &data, ports)?;
            let mut command = vec![java.clone()];
            command.push(options.memory().into());
            command.extend(options.speed().iter().map(OsString::from));
            command.extend(
                [
                    "-XX:-UsePerfData",
                    "-Dorg.slf4j.simpleLogger.showDateTime=true",
                    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                    "-cp",
                ]
                .map(OsString::from),
            );
            command.push(jars.join("lib/*").into());
            command.push("kafka.Kafka".into());
            command.push(properties);
            Ok(Launch { command, container: None })
        }
        Source::Docker => {
            write(options, home, "0.0.0.0", "/home/data".as_ref(), ports)?;
            let name = format!("ouzel-kafka-{}", ports.broker);
            let owner = home.metadata().of(home.display())?;
            let mut command = docker(&name, ports.broker, ports.broker);
            command.push(format!("--user={}:{}", owner.uid(), owner.gid()).into());
            command.push(format!("--env=KAFKA_HEAP_OPTS={}", options.memory()).into());
            // In place of the image's own, which choose another collector; empty is as if not set.
            let speed = options.speed().join(" ");
            command.push(format!("--env=KAFKA_JVM_PERFORMANCE_OPTS={speed}").into());
            // Its scripts write logs of their own.
            command.push("--env=LOG_DIR=/tmp".into());
            command.push(format!("--volume={}:/home", home.display()).into());
            command.push("--entrypoint=sh".into());
            let rest = [KAFKA_IMAGE, "-c", IN_CONTAINER, "sh", jars::CLUSTER];
            command.extend(rest.map(OsString::from));
            Ok(Launch { command, container: Some(name) })
        }
    }
}

/// The command that runs a registry, which keeps all in memory.
pub fn registry(source: &Source, port: u16) -> Result<Launch> {
    match source {
        Source::Maven { java } => {
            let lib = jars::registry()?.join("lib");
            let mut jars = lib.join("lib/*").into_os_string();
            jars.push(":");
            jars.push(lib.join("*"));
            let mut command = vec![java.clone()];
            let flags = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
            command.extend(flags.map(OsString::from));
            command.push("-Dquarkus.http.host=127.0.0.1".into());
            command.push(format!("-Dquarkus.http.port={port}").into());
            command.extend(["-XX:-UsePerfData", "-cp"].map(OsString::from));
            command.push(jars);
            command.push("io.quarkus.runner.GeneratedMain".into());
            Ok(Launch { command, container: None })
        }
        Source::Docker => {
            let name = format!("ouzel-registry-{port}");
            let mut command = docker(&name, port, 8080);
            command.push(REGISTRY_IMAGE.into());
            Ok(Launch { command, container: Some(name) })
        }
    }
}

fn docker(name: &str, port: u16, inside: u16) -> Vec<OsString> {
    let publish = format!("--publish=127.0.0.1:{port}:{inside}");
    ["docker", "run", "--rm", "--name", name, &publish].map(OsString::from).into()
}

/// Writes `server.properties`; returns its path.
fn write(
    options: &Options,
    home: &Path,
    host: &str,
    data: &Path,
    ports: Ports,
) -> Result<OsString> {
    let Ports { broker, controller } = ports;
    let mut text = format!(
        "listeners=PLAINTEXT://{host}:{broker},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         log.dirs={}\n",
        data.display()
    );
    for (name, value) in options.server() {
        text += &format!("{name}={value}\n");
    }
    let path = home.join("server.properties");
    fs::write(&path, text).of(path.display())?;
    Ok(path.into_os_string())
}

/// Copies the files of a folder; `meta.properties` last, as it says that they are all there.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let entries = fs::read_dir(from).of(from.display())?;
    let mut names: Vec<_> = entries
        .map(|entry| entry.map(|e| e.file_name()))
        .collect::<std::io::Result<_>>()
        .of(from.display())?;
    names.sort_by_key(|name| name == "meta.properties");
    for name in names {
        fs::copy(from.join(&name), to.join(&name)).of(name.display())?;
    }
    Ok(())
}
