//! An observer on a thread of its own, which can neither slow a run nor break it.

use crate::{Event, Observer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

/// So many events wait for an observer at the most; what happens meanwhile is not told to it.
const WAITING_MAX: usize = 4_096;

/// How long a run that has ended waits for an observer to have heard of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The run's end of the queue.
#[derive(Clone)]
pub(crate) struct Background {
    queue: SyncSender<Told>,
    missed: Arc<AtomicU64>,
}

enum Told {
    Event(Event<'static>),
    /// All that came before it was told.
    End(SyncSender<()>),
}

impl Background {
    /// Starts the thread, which ends when no run has the observer any more.
    pub(crate) fn start(observer: Arc<dyn Observer>) -> Background {
        let (queue, events) = sync_channel(WAITING_MAX);
        let missed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&missed);
        let named = thread::Builder::new().name("ouzel-observer".to_owned());
        if let Err(why) = named.spawn(move || tell(&*observer, &events, &counted)) {
            eprintln!("note: an observer is told nothing: {why}");
        }
        Background { queue, missed }
    }

    /// How many events were not told.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Waits until all was told, but not for ever.
    pub(crate) fn finish(&self) {
        let (done, all) = sync_channel(1);
        let until = std::time::Instant::now() + PATIENCE;
        let mut end = Told::End(done);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(end) {
            if std::time::Instant::now() > until {
                return;
            }
            end = back;
            thread::sleep(Duration::from_millis(1));
        }
        // Where the observer is gone, or too slow, there is nothing to be done.
        let _ = all.recv_timeout(until.saturating_duration_since(std::time::Instant::now()));
    }
}

impl Observer for Background {
    fn on(&self, event: &Event<'_>) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Told::Event(event.to_static())) {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Tells an observer what comes, until nothing more can come or it panics.
fn tell(observer: &dyn Observer, events: &Receiver<Told>, missed: &AtomicU64) {
    let mut told = 0;
    for next in events {
        let now = missed.load(Ordering::Relaxed);
        let heard = catch_unwind(AssertUnwindSafe(|| {
            if now > told {
                observer.on(&Event::Missed { events: now - told });
            }
            if let Told::Event(event) = &next {
                observer.on(event);
            }
        }));
        told = now;
        if heard.is_err() {
            eprintln!("note: an observer has panicked, and is told no more of the run");
            return;
        }
        if let Told::End(done) = next {
            // Who asked may have gone on.
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observers;
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};

    /// Waits at its first event until it is let go.
    struct Slow {
        begun: Mutex<Sender<()>>,
        go: Mutex<Receiver<()>>,
        heard: Arc<Mutex<Vec<u64>>>,
    }

    impl Observer for Slow {
        fn on(&self, event: &Event<'_>) {
            match event {
                Event::Started { .. } => {
                    self.begun.lock().unwrap().send(()).unwrap();
                    self.go.lock().unwrap().recv().unwrap();
                }
                Event::Chunk { rows } => self.heard.lock().unwrap().push(*rows),
                Event::Missed { events } => self.heard.lock().unwrap().push(1_000_000 + events),
                _ => {}
            }
        }
    }

    fn started() -> Event<'static> {
        Event::Started { mode: "batch", job: "j".into(), bytes_total: None }
    }

    #[test]
    fn what_a_slow_observer_misses_is_counted_and_told_to_it() {
        let (begun, has_begun) = channel();
        let (let_go, go) = channel();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let slow = Slow { begun: begun.into(), go: go.into(), heard: Arc::clone(&heard) };
        let observers = Observers::default().beside(Arc::new(slow));
        observers.tell(started());
        has_begun.recv().unwrap();
        // The run goes on: so many find room, and the others do not.
        for rows in 0..WAITING_MAX as u64 + 10 {
            observers.tell(Event::Chunk { rows });
        }
        assert_eq!(observers.missed(), 10);
        let_go.send(()).unwrap();
        observers.finish();
        let heard = heard.lock().unwrap();
        assert_eq!(heard[0], 1_000_010);
        assert!(heard[1..].iter().copied().eq(0..WAITING_MAX as u64));
    }

    #[test]
    fn an_observer_that_panics_is_told_no_more() {
        struct Panics(Arc<AtomicU64>);
        impl Observer for Panics {
            fn on(&self, _: &Event<'_>) {
                self.0.fetch_add(1, Ordering::Relaxed);
                panic!("as it was told to");
            }
        }
        let (count, after) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        struct Hears(Arc<Mutex<Vec<u64>>>);
        impl Observer for Hears {
            fn on(&self, event: &Event<'_>) {
                if let Event::Chunk { rows } = event {
                    self.0.lock().unwrap().push(*rows);
                }
            }
        }
        let observers = Observers::default();
        let observers = observers.beside(Arc::new(Panics(Arc::clone(&count))));
        let observers = observers.beside(Arc::new(Hears(Arc::clone(&after))));
        for rows in 0..3 {
            observers.tell(Event::Chunk { rows });
        }
        observers.finish();
        assert_eq!(count.load(Ordering::Relaxed), 1);
        // The others are told all.
        assert_eq!(*after.lock().unwrap(), [0, 1, 2]);
    }
}
