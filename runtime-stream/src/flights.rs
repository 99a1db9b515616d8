//! Reading within an epoch: the splits that workers are busy with, and when to hand out no more.

use crate::epoch::Run;
use ouzel_dsl::connector::{Demand, Split};
use ouzel_dsl::{Error, Result};
use ouzel_engine::{Task, Worker};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// How long to wait before looking again at a source that had nothing.
pub const IDLE: Duration = Duration::from_millis(10);

/// While history is read, a commit is made only so often: so that a restart need not begin anew, and
/// that what is written before it does not get too much.
const HISTORY_EPOCH: Duration = Duration::from_secs(60);

/// What a run says that was told to crash.
pub const CRASH: &str = "crashed, as it was told to";

/// The end of a run that was told to crash.
pub fn crash() -> Error {
    Error::Failed(CRASH.to_owned())
}

/// A worker that is done.
struct Landed {
    lane: usize,
    worker: Worker,
    /// The rest of the split, if it was told to pause.
    rest: Result<Option<Box<dyn Split>>>,
}

impl Run {
    /// Reads until the epoch is over; true at the end of input. Nothing is in flight afterwards.
    pub async fn read(&mut self) -> Result<bool> {
        let lasts = match self.history {
            true => HISTORY_EPOCH,
            false => Duration::from_millis(self.stream.epoch_ms.max(1)),
        };
        let over = Instant::now() + lasts;
        let workers = self.wiring.config.workers.max(1);
        let most = self.stream.splits_per_epoch.unwrap_or(usize::MAX);
        // Workers tell when they hold much, or when the run is told to stop.
        let full = Arc::new(Notify::new());
        let mut flights: JoinSet<Landed> = JoinSet::new();
        let (mut splits, mut enough, mut failed) = (0, false, None);
        loop {
            enough |= Instant::now() >= over || self.wiring.config.stop.load(Ordering::Relaxed);
            while !enough && splits < most && flights.len() < workers {
                match self.reader.next(&self.wiring, &self.gates) {
                    Ok(Some((lane, task))) => {
                        splits += 1;
                        self.start(&mut flights, &full, lane, task);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        self.fail(&mut failed, error);
                        enough = true;
                    }
                }
            }
            enough |= splits >= most;
            if enough {
                self.reader.pause();
            }
            if flights.is_empty() {
                if enough || self.reader.is_done() || self.stream.until_idle {
                    break;
                }
                if std::mem::take(&mut self.history) {
                    // What there was is read. It counts before anything else does.
                    self.reader.follow(&self.wiring);
                    break;
                }
                let next = self.reader.next_look().map_or(over, |next| over.min(next.into()));
                tokio::time::sleep_until(next).await;
                continue;
            }
            let landed = tokio::select! {
                landed = flights.join_next() => landed,
                () = tokio::time::sleep_until(over), if !enough => None,
                () = full.notified(), if !enough => {
                    enough = true;
                    None
                }
            };
            if let Some(landed) = landed
                && let Err(error) = self.land(landed)
            {
                self.fail(&mut failed, error);
                enough = true;
            }
        }
        self.moved |= splits > 0 || std::mem::take(&mut self.reader.ended);
        match failed {
            Some(error) => Err(error),
            None => Ok(self.reader.is_done()),
        }
    }

    fn start(
        &mut self,
        flights: &mut JoinSet<Landed>,
        full: &Arc<Notify>,
        lane: usize,
        task: Task,
    ) {
        self.bytes += task.split.bytes();
        let mut worker = self.idle.pop().unwrap_or_else(|| self.wiring.worker());
        let (wiring, gates, full) = (self.wiring.clone(), self.gates.clone(), full.clone());
        let (pause, history) = (self.reader.lanes[lane].pause.clone(), self.history);
        flights.spawn_blocking(move || {
            let rest = worker.split(&wiring, task, &gates, &mut |worker| {
                let mut is_full = worker.is_full(&wiring);
                if is_full && history {
                    // As in batch, what is too much goes to disk. Rows cannot: the split pauses.
                    worker.spill_if_full(&wiring)?;
                    is_full = false;
                    if worker.is_full(&wiring) {
                        return Ok(Demand::Pause);
                    }
                }
                if is_full || wiring.config.stop.load(Ordering::Relaxed) {
                    full.notify_one();
                }
                Ok(if pause.load(Ordering::Relaxed) { Demand::Pause } else { Demand::More })
            });
            Landed { lane, worker, rest }
        });
    }

    /// Takes a worker back, with its finished rows and the rest of its split.
    fn land(&mut self, landed: std::result::Result<Landed, JoinError>) -> Result<()> {
        let ended = |panic| Error::Failed(format!("a worker ended: {panic}"));
        let Landed { lane, mut worker, rest } = landed.map_err(ended)?;
        // A log takes few rows as well as many: the sooner it has them, the sooner they are seen.
        let all = self.session.is_some();
        for (output, batches) in worker.take_rows(&self.wiring, all) {
            self.outputs.write(output, &batches)?;
        }
        let letters = worker.tally.take_dead_letters();
        self.outputs.write_dead_letters(&self.wiring, &letters)?;
        self.wiring.count(&mut self.tally, &mut worker.tally);
        self.idle.push(worker);
        if let Some(rest) = rest? {
            self.bytes -= rest.bytes();
            self.reader.put_back(&self.wiring, lane, rest);
        }
        self.splits += 1;
        match self.stream.crash_after_splits {
            Some(most) if self.splits >= most => Err(crash()),
            _ => Ok(()),
        }
    }

    /// Notes the first error: others are only cancelled by it.
    fn fail(&self, failed: &mut Option<Error>, error: Error) {
        self.gates.fail();
        if failed.is_none() || matches!(failed, Some(Error::Cancelled)) {
            *failed = Some(error);
        }
    }
}
