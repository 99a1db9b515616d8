//! Streams that run beside a test.

use ouzel::hooks::{Event, Observer};
use ouzel::{Error, GroupConfig, Mode, Outcome, Result, Run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something holds.
///
/// # Panics
///
/// If it does not in time.
pub fn within(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "not within {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A stream that runs. It is stopped when it is dropped.
pub struct Running {
    stop: Arc<AtomicBool>,
    started: Arc<Started>,
    thread: Option<JoinHandle<Result<Outcome>>>,
}

/// Sees that a run has taken up what it goes on with.
#[derive(Default)]
struct Started(AtomicBool);

impl Observer for Started {
    fn on(&self, event: &Event<'_>) {
        if matches!(event, Event::Started { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Starts a stream.
pub fn start(run: Run) -> Running {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let run = run.mode(Mode::Stream).config(|config| config.stop = told);
    let run = run.stream(|stream| stream.epoch_ms = stream.epoch_ms.min(100));
    let started = Arc::new(Started::default());
    let run = run.observer(started.clone());
    // Where a test waits for something else, this says why that does not come.
    let execute = move || run.execute().inspect_err(|error| eprintln!("a run has ended: {error}"));
    Running { stop, started, thread: Some(std::thread::spawn(execute)) }
}

impl Running {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until it has taken up what it goes on with.
    pub fn begins(&self) {
        self.until("the run begins", || self.started.0.load(Ordering::Relaxed));
    }

    /// Waits until something holds while it runs.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        within(what, || holds() || self.is_over());
        assert!(holds(), "the run has ended without it: {what}");
    }

    /// Stops it.
    pub fn stop(mut self) -> Result<Outcome> {
        self.stop.store(true, Ordering::Relaxed);
        self.join()
    }

    /// Waits until it fails; with what.
    pub fn fails(mut self) -> String {
        within("the run fails", || self.is_over());
        match self.join() {
            Ok(outcome) => panic!("it should have failed: {:?}", outcome.summary),
            Err(error) => error.to_string(),
        }
    }

    fn join(&mut self) -> Result<Outcome> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            _ => Err(Error::Failed("the thread of the run panicked".to_owned())),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.join();
    }
}

/// Members of a group, each a thread.
pub struct Group {
    config: GroupConfig,
    make: Box<dyn Fn() -> Run>,
    /// Those that run.
    pub members: Vec<Running>,
}

impl Group {
    /// A group without members, whose runs `make` makes.
    pub fn new(name: &str, make: impl Fn() -> Run + 'static) -> Group {
        let config = GroupConfig { name: crate::unique(name), ..GroupConfig::default() };
        Group { config, make: Box::new(make), members: Vec::new() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// A run of a member.
    pub fn run(&self) -> Run {
        let config = self.config.clone();
        (self.make)().stream(|stream| stream.group = Some(config))
    }

    /// Lets a member join.
    pub fn join(&mut self) {
        self.join_as(|run| run);
    }

    /// Lets a member join whose run is not as the others'.
    pub fn join_as(&mut self, change: impl FnOnce(Run) -> Run) {
        self.members.push(start(change(self.run())));
    }

    /// Lets the member leave that was the first to join.
    pub fn leave(&mut self) {
        self.members.remove(0).stop().unwrap();
    }

    /// Lets the member leave that was the last to join.
    pub fn leave_last(&mut self) {
        self.members.pop().map(|member| member.stop().unwrap());
    }

    /// Waits until something holds, and none has ended.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) {
        let any_over = |members: &[Running]| members.iter().position(Running::is_over);
        within(what, || holds() || any_over(&self.members).is_some());
        if let Some(over) = any_over(&self.members) {
            match self.members.remove(over).join() {
                Ok(_) => panic!("a member has ended before {what}"),
                Err(error) => panic!("a member has ended before {what}: {error}"),
            }
        }
    }

    /// Stops all.
    pub fn stop(&mut self) {
        while !self.members.is_empty() {
            self.leave();
        }
    }
}
