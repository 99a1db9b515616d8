use crate::error::{Error, Of, Result};
use crate::launch::{self, Ports};
use crate::options::Options;
use crate::process::{Process, Signal};
use crate::ready::{self, Log};
use crate::source::{self, Source};
use crate::{jars, port};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// A Kafka broker. It ends when it is dropped, and with the process that started it.
pub struct Broker {
    bootstrap: String,
    /// None: it was there before.
    own: Option<Own>,
}

/// A broker that was started here.
struct Own {
    // Before the folder, which is to be removed after it has ended.
    process: Mutex<Option<Process>>,
    source: Source,
    options: Options,
    ports: Ports,
    home: PathBuf,
    temp: Option<TempDir>,
}

impl Broker {
    /// The broker that all of this process share: that of `KAFKA_BROKERS`, or one that is started
    /// now.
    ///
    /// # Panics
    ///
    /// If there is none and it cannot be started; the message says what to install.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Broker>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match std::env::var("KAFKA_BROKERS") {
            Ok(bootstrap) if !bootstrap.is_empty() => Ok(Self { bootstrap, own: None }),
            _ => Self::start(Options::new()),
        });
        shared.as_ref().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a broker, and waits until it answers. `KAFKA_BROKERS` does not matter: this one is
    /// there to be ill-treated.
    pub fn start(options: Options) -> Result<Self> {
        let source = source::find()?;
        let (home, temp) = match &options.data {
            Some(dir) => {
                fs::create_dir_all(dir).of(dir.display())?;
                (fs::canonicalize(dir).of(dir.display())?, None)
            }
            None => {
                let temp = tempfile::Builder::new().prefix("ouzel-kafka-").tempdir();
                let temp = temp.of("a temporary folder")?;
                (temp.path().to_owned(), Some(temp))
            }
        };
        let mut own =
            Own { process: Mutex::new(None), source, ports: ports(&options)?, options, home, temp };
        let mut tries = 3;
        loop {
            let log = Log::next(&own.log());
            tries -= 1;
            match own.run() {
                // Someone else may take a port before the broker does.
                Err(_) if tries > 0 && log.has("BindException") => {
                    own.ports = ports(&own.options)?;
                }
                ran => {
                    ran?;
                    break;
                }
            }
        }
        Ok(Self { bootstrap: format!("127.0.0.1:{}", own.ports.broker), own: Some(own) })
    }

    /// What `bootstrap.servers` is to be: `127.0.0.1:PORT`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// The id of its process while it runs and was started here; Docker's client, where it is in a
    /// container.
    pub fn id(&self) -> Option<u32> {
        let process = self.own.as_ref()?.process();
        process.as_ref().map(Process::id)
    }

    /// The file that it logs to, if it was started here.
    pub fn log(&self) -> Option<PathBuf> {
        self.own.as_ref().map(Own::log)
    }

    /// Java, with Kafka's command line tools among its classes: `org.apache.kafka.tools.TopicCommand`
    /// and so on. None where the broker is in a container or was not started here.
    pub fn tools(&self) -> Option<Command> {
        let Source::Maven { java } = &self.own.as_ref()?.source else { return None };
        let mut command = Command::new(java);
        command.arg("-cp").arg(jars::kafka(java).ok()?.join("lib/*"));
        Some(command)
    }

    /// Whether it has neither been ended nor ended of itself; also while it is paused.
    pub fn runs(&self) -> Result<bool> {
        match &mut *self.own()?.process() {
            Some(process) => Ok(process.ended()?.is_none()),
            None => Ok(false),
        }
    }

    /// Kills it, as by a power cut; returns when it is gone.
    pub fn kill(&self) -> Result<()> {
        self.end(|process| process.signal(Signal::Kill))
    }

    /// Stops it in an orderly way; returns when it is gone.
    pub fn stop(&self) -> Result<()> {
        self.end(|process| {
            process.signal(Signal::Term)?;
            // One that is paused hears nothing else.
            process.signal(Signal::Continue)
        })
    }

    /// Starts it again on the same port and data, after it was stopped if it runs; returns when it
    /// answers.
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        self.own()?.run()
    }

    /// Keeps it from doing anything, without any connection being closed.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::Stop)
    }

    /// Lets it go on.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::Continue)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        match &mut *self.own()?.process() {
            Some(process) => process.signal(signal),
            None => Err(Error::new("the broker does not run")),
        }
    }

    fn end(&self, how: impl FnOnce(&mut Process) -> Result<()>) -> Result<()> {
        let mut process = self.own()?.process();
        if let Some(running) = &mut *process {
            how(running)?;
            running.wait(Duration::from_secs(30)).of("the broker is to end")?;
        }
        *process = None;
        Ok(())
    }

    fn own(&self) -> Result<&Own> {
        let theirs = || Error::new("the broker of KAFKA_BROKERS is not ours to start and stop");
        self.own.as_ref().ok_or_else(theirs)
    }
}

impl Own {
    /// Runs it, and waits until it answers.
    fn run(&self) -> Result<()> {
        let mut slot = self.process();
        let launch = launch::kafka(&self.source, &self.options, &self.home, self.ports)?;
        let log = Log::next(&self.log());
        let temporary = self.temp.is_some();
        let mut process = Process::start(&launch, &self.home, &self.log(), temporary)?;
        ready::wait("the broker", &mut process, &log, || {
            // Its own word as well: someone else's broker may have the port.
            log.has("Kafka Server started") && ready::kafka(self.ports.broker)
        })?;
        *slot = Some(process);
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.home.join("broker.log")
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().expect("no one panics while holding it")
    }
}

fn ports(options: &Options) -> Result<Ports> {
    let broker = options.port.map_or_else(port::free, Ok)?;
    let controller = port::free()?;
    Ok(Ports { broker, controller })
}
