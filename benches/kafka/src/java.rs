//! The peers on the JVM, built by Maven and `javac` from `benches/kafka/peers`.

use crate::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What Flink's serialisers look into.
const OPENS: [&str; 3] = ["java.util", "java.lang", "java.nio"];

/// Kafka Streams, or Flink.
pub struct Java {
    /// The class, and the folder of its sources in lower case.
    class: &'static str,
    built: PathBuf,
}

impl Java {
    /// Builds it, if that was not done before from these sources.
    pub fn build(class: &'static str) -> Result<Java> {
        let folder = class.to_ascii_lowercase();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(&folder);
        let exe = std::env::current_exe()?;
        let target = exe.parent().and_then(Path::parent).ok_or("the binary is nowhere")?;
        let built = target.join("kafka-peers").join(&folder);
        let (pom, source) = (from.join("pom.xml"), from.join(format!("{class}.java")));
        let contents = format!("{}{}", read(&pom)?, read(&source)?);
        let done = built.join("built-from");
        if read(&done).is_ok_and(|from| from == contents) {
            return Ok(Java { class, built });
        }
        eprintln!("building {class} in {}", built.display());
        std::fs::create_dir_all(&built)?;
        let mut mvn = Command::new("mvn");
        mvn.args(["-q", "-B", "-f"]).arg(&pom).arg("dependency:copy-dependencies");
        let libs = built.join("libs");
        let mut to = OsString::from("-DoutputDirectory=");
        to.push(&libs);
        check(mvn.arg(to).arg("-DincludeScope=runtime"), "mvn")?;
        let mut javac = Command::new("javac");
        javac.arg("-cp").arg(libs.join("*")).arg("-d").arg(built.join("classes")).arg(&source);
        check(&mut javac, "javac")?;
        std::fs::write(done, contents)?;
        Ok(Java { class, built })
    }

    /// A command that runs it.
    pub fn command(&self, broker: &str, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.arg("-Xmx2g").arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
        java.args(OPENS.map(|package| format!("--add-opens=java.base/{package}=ALL-UNNAMED")));
        let mut classes = self.built.join("classes").into_os_string();
        classes.push(":");
        classes.push(self.built.join("libs").join("*"));
        java.arg("-cp").arg(classes).arg(self.class).args(arguments).env("BOOTSTRAP", broker);
        java
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()).into())
}

fn check(command: &mut Command, name: &str) -> Result {
    let status = command.stdout(Stdio::null()).status();
    match status.map_err(|e| format!("{name} is needed, and cannot be run: {e}"))? {
        status if status.success() => Ok(()),
        status => Err(format!("{name}: {status}").into()),
    }
}
