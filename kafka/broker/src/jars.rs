//! Jars from Maven, fetched once for all processes.

use crate::error::{Error, Of, Result};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const KAFKA: &str = include_str!("../poms/kafka/pom.xml");
const REGISTRY: &str = include_str!("../poms/registry/pom.xml");

/// The folder of Kafka's jars, which has `blank` besides: the data of a broker without topics.
/// Formatting takes a second, copying takes none.
pub fn kafka(java: &OsStr) -> Result<PathBuf> {
    fetch("kafka", KAFKA, "copy-dependencies", |dir| format(java, dir))
}

/// The folder of the registry.
pub fn registry() -> Result<PathBuf> {
    fetch("registry", REGISTRY, "unpack-dependencies", |_| Ok(()))
}

/// The folder of what `pom` names. It is there as a whole or not at all, and never changes: what
/// another pom names goes to another folder.
fn fetch(
    name: &str,
    pom: &str,
    goal: &str,
    finish: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let cache = cache()?;
    let dir = cache.join(format!("{name}-{:016x}", hash(pom)));
    if dir.exists() {
        return Ok(dir);
    }
    fs::create_dir_all(&cache).of(cache.display())?;
    // Who comes second waits, and finds it done.
    let lock = cache.join(format!("{name}.lock"));
    let lock = fs::File::create(&lock).of(lock.display())?;
    lock.lock().of("the lock of the jars")?;
    if dir.exists() {
        return Ok(dir);
    }
    let temp = tempfile::tempdir_in(&cache).of(cache.display())?;
    fs::write(temp.path().join("pom.xml"), pom).of("pom.xml")?;
    let mut mvn = Command::new("mvn");
    mvn.args(["-q", "-B", &format!("dependency:{goal}"), "-DoutputDirectory=lib"]);
    run(mvn.current_dir(temp.path()))?;
    finish(temp.path())?;
    fs::rename(temp.keep(), &dir).of(dir.display())?;
    Ok(dir)
}

/// Makes the data of a broker without topics.
fn format(java: &OsStr, dir: &Path) -> Result<()> {
    let blank = dir.join("blank");
    let properties = dir.join("format.properties");
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
         listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n\
         controller.listener.names=CONTROLLER\nlog.dirs={}\n",
        blank.display()
    );
    fs::write(&properties, text).of(properties.display())?;
    let mut tool = Command::new(java);
    tool.arg("-cp").arg(dir.join("lib/*")).arg("kafka.tools.StorageTool");
    run(tool.args(["format", "-t", CLUSTER, "-c"]).arg(&properties))?;
    fs::remove_file(&properties).of(properties.display())
}

/// The id of the cluster that each broker is.
pub const CLUSTER: &str = "b3V6ZWwta2Fma2EtdGVzdA";

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().of(command.get_program().display())?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    Err(Error::new(format!("{command:?} failed ({}):\n{told}", output.status)))
}

/// The folder that all are kept in.
fn cache() -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace = fs::canonicalize(&workspace).unwrap_or(workspace);
    Ok(match (std::env::var_os("OUZEL_KAFKA_JARS"), std::env::var_os("CARGO_TARGET_DIR")) {
        (Some(jars), _) => workspace.join(jars),
        (None, Some(target)) => workspace.join(target).join("kafka-jars"),
        (None, None) => workspace.join("target/kafka-jars"),
    })
}

/// FNV-1a: the same in all builds, which a name on disk must be.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
