use crate::error::{Of, Result};
use crate::process::Process;
use crate::ready::{self, Log};
use crate::{launch, port, source};
use std::sync::OnceLock;
use tempfile::TempDir;

/// A schema registry that keeps all in memory. It ends when it is dropped, and with the process that
/// started it.
pub struct Registry {
    url: String,
    // Before the folder, which is to be removed after it has ended.
    _process: Process,
    _home: TempDir,
}

impl Registry {
    /// The registry that all of this process share; started when it is first asked for.
    ///
    /// # Panics
    ///
    /// If it cannot be started; the message says what to install.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Registry>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a registry, and waits until it answers.
    pub fn start() -> Result<Self> {
        let source = source::find()?;
        let port = port::free()?;
        let home = tempfile::Builder::new().prefix("ouzel-registry-").tempdir();
        let home = home.of("a temporary folder")?;
        let path = home.path().join("registry.log");
        let launch = launch::registry(&source, port)?;
        let log = Log::next(&path);
        let mut process = Process::start(&launch, home.path(), &path, true)?;
        ready::wait("the registry", &mut process, &log, || {
            ready::http(port, &format!("{API}/subjects"))
        })?;
        let url = format!("http://127.0.0.1:{port}{API}");
        Ok(Self { url, _process: process, _home: home })
    }

    /// Where the API is that Confluent's clients speak.
    pub fn url(&self) -> &str {
        &self.url
    }
}

const API: &str = "/apis/ccompat/v7";
