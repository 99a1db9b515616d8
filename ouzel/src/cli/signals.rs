//! Ctrl-C and SIGTERM: the first ends the run cleanly, the second at once.

use super::{Screen, exit};
use ouzel_dsl::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sets `stop` at the first signal and ends the process at the second.
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
            signals.next().await;
            stop.store(true, Ordering::Relaxed);
            // Without standard error there is no one to tell.
            let _ = err.print("stopping; once more to end at once\n");
            signals.next().await;
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

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
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

    async fn next(&mut self) {
        // Where it cannot be listened for, the system's own way to end a program is left.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
