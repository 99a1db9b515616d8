//! Ctrl-C and SIGTERM: the first ends the run cleanly; Ctrl-C once more, at once.
//!
//! One wish to end may come as two signals: a terminal or `timeout` signals a program and then its
//! group, in which it is too. So SIGTERM never ends the process at once, which SIGKILL is for, and
//! Ctrl-C only some time after the first signal.

use super::{Screen, exit};
use ouzel_dsl::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// How long after the first signal another may still mean the same.
const ONE_WISH: Duration = Duration::from_secs(1);

/// The exit code that tells of the signal by which the run was stopped: signals are the process's,
/// and so is this.
static CODE: AtomicU8 = AtomicU8::new(exit::INTERRUPTED);

/// What a run that was stopped tells the shell.
pub(super) fn exit_code() -> u8 {
    CODE.load(Ordering::Relaxed)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Interrupt,
    #[cfg(unix)]
    Terminate,
}

impl Kind {
    fn exit_code(self) -> u8 {
        match self {
            Kind::Interrupt => exit::INTERRUPTED,
            #[cfg(unix)]
            Kind::Terminate => exit::TERMINATED,
        }
    }

    fn answer(self) -> &'static str {
        match self {
            Kind::Interrupt => "stopping; Ctrl-C once more, after a second, to end at once\n",
            #[cfg(unix)]
            Kind::Terminate => "stopping\n",
        }
    }

    /// Whether the process ends at once, so long after the first signal.
    fn is_urgent(self, after: Duration) -> bool {
        self == Kind::Interrupt && after > ONE_WISH
    }
}

/// Sets `stop` at the first signal and ends the process at an urgent one after it.
pub(super) fn stop_on_signal(stop: &Arc<AtomicBool>, err: &Screen) -> Result<()> {
    let failed = |e| Error::io("listening for signals", e);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (stop, err) = (Arc::clone(stop), err.clone());
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new().map_err(failed)?
    };
    let wait = move || {
        runtime.block_on(async {
            let kind = signals.next().await;
            let first = Instant::now();
            CODE.store(kind.exit_code(), Ordering::Relaxed);
            stop.store(true, Ordering::Release);
            // Without standard error there is no one to tell.
            let _ = err.print(kind.answer());
            while !signals.next().await.is_urgent(first.elapsed()) {}
            if let Some(progress) = &err.progress {
                progress.clear();
            }
            std::process::exit(exit::INTERRUPTED.into());
        })
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Signals { interrupt, terminate })
    }

    async fn next(&mut self) -> Kind {
        tokio::select! {
            _ = self.interrupt.recv() => Kind::Interrupt,
            _ = self.terminate.recv() => Kind::Terminate,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Kind {
        // Where it cannot be listened for, the system's own way to end a program is left.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
        Kind::Interrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_ctrl_c_is_urgent() {
        assert!(!Kind::Interrupt.is_urgent(Duration::ZERO));
        assert!(!Kind::Interrupt.is_urgent(ONE_WISH));
        assert!(Kind::Interrupt.is_urgent(ONE_WISH * 2));
        #[cfg(unix)]
        assert!(!Kind::Terminate.is_urgent(ONE_WISH * 2));
    }
}
