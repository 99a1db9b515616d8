//! The progress bar.

use crate::meter::{Meter, Rate};
use crate::{Event, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};
use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Shows how far a run is: a bar where standard error is a terminal, else a line from time to
/// time.
///
/// Events come from all workers at a high rate. They only count; a thread of the bar's own reads
/// the counts and draws, ten times a second.
pub struct Progress {
    meter: Arc<Meter>,
    view: View,
}

enum View {
    Bar(OnceLock<ProgressBar>),
    Lines(Lines),
}

impl Progress {
    /// A bar on standard error if that is a terminal, else a line every ten seconds.
    pub fn new() -> Progress {
        if std::io::stderr().is_terminal() {
            Progress { meter: Arc::default(), view: View::Bar(OnceLock::new()) }
        } else {
            Progress::lines(std::io::stderr(), Duration::from_secs(10))
        }
    }

    /// A line to a writer, every so often.
    pub fn lines(out: impl Write + Send + 'static, every: Duration) -> Progress {
        let lines = Lines {
            every,
            start: OnceLock::new(),
            next_ms: AtomicU64::new(every.as_millis() as u64),
            out: Mutex::new((Box::new(out), Rate::default())),
        };
        Progress { meter: Arc::default(), view: View::Lines(lines) }
    }

    /// Runs `body`, which prints, with the bar out of its way.
    pub fn suspend<R>(&self, body: impl FnOnce() -> R) -> R {
        match &self.view {
            View::Bar(bar) => match bar.get() {
                Some(bar) => bar.suspend(body),
                None => body(),
            },
            View::Lines(_) => body(),
        }
    }

    /// Takes the bar away: before an error is printed.
    pub fn clear(&self) {
        if let View::Bar(bar) = &self.view
            && let Some(bar) = bar.get()
        {
            bar.finish_and_clear();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        self.meter.count(event);
        match (&self.view, event) {
            (View::Bar(bar), Event::Started { bytes_total, .. }) => {
                bar.get_or_init(|| start(&self.meter, *bytes_total));
            }
            (View::Bar(bar), Event::Split { bytes, .. }) => {
                if let Some(bar) = bar.get() {
                    bar.inc(*bytes);
                }
            }
            (View::Bar(_), Event::Finished { .. }) => self.clear(),
            (View::Bar(_), _) => {}
            (View::Lines(lines), _) => lines.tick(&self.meter),
        }
    }
}

/// A bar of bytes where their number is known, else a spinner, before the meter's line.
fn start(meter: &Arc<Meter>, bytes_total: Option<u64>) -> ProgressBar {
    let template = match bytes_total {
        Some(_) => "{percent:>3} % {bar:24}  {line}  {eta} left",
        None => "{spinner}  {line}",
    };
    let rate = Mutex::new(Rate::default());
    let shared = (Arc::clone(meter), Arc::new(rate));
    let line = move |state: &ProgressState, out: &mut dyn fmt::Write| {
        let (meter, rate) = &shared;
        let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rate.at(state.elapsed().as_secs_f64(), meter.rows());
        // Writing to the bar's own buffer cannot fail.
        let _ = out.write_str(&meter.line(rate));
    };
    let style = match ProgressStyle::with_template(template) {
        Ok(style) => style.with_key("line", line).progress_chars("━╸ "),
        Err(_) => ProgressStyle::default_spinner(),
    };
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(bytes_total, target)
        .with_style(style)
        .with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Lines to a writer that is no terminal.
struct Lines {
    every: Duration,
    start: OnceLock<Instant>,
    next_ms: AtomicU64,
    out: Mutex<(Box<dyn Write + Send>, Rate)>,
}

impl Lines {
    /// Writes a line if it is time; of several workers that find so, one does.
    fn tick(&self, meter: &Meter) {
        let elapsed = self.start.get_or_init(Instant::now).elapsed();
        let (now, due) = (elapsed.as_millis() as u64, self.next_ms.load(Relaxed));
        let next = now + self.every.as_millis() as u64;
        if now < due || self.next_ms.compare_exchange(due, next, Relaxed, Relaxed).is_err() {
            return;
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = out.1.at(elapsed.as_secs_f64(), meter.rows());
        // A log that cannot be written is no reason to end the run.
        let _ = writeln!(out.0, "{}", meter.line(rate));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(every: Duration, chunks: u64) -> String {
        let log = Log::default();
        let progress = Progress::lines(log.clone(), every);
        progress.on(&Event::Started { mode: "batch", job: "j".into(), bytes_total: None });
        for _ in 0..chunks {
            progress.on(&Event::Chunk { rows: 10 });
        }
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_come_when_they_are_due() {
        let all = lines(Duration::ZERO, 3);
        assert!(all.lines().last().unwrap().starts_with("30 rows"), "{all}");
        assert_eq!(lines(Duration::from_secs(3600), 1000), "");
    }

    #[test]
    fn a_bar_has_a_length_where_the_bytes_are_known_in_either_mode() {
        for (mode, bytes_total) in [("batch", Some(10)), ("stream", Some(10)), ("stream", None)] {
            let progress = Progress { meter: Arc::default(), view: View::Bar(OnceLock::new()) };
            progress.on(&Event::Started { mode, job: "j".into(), bytes_total });
            let View::Bar(bar) = &progress.view else { unreachable!() };
            assert_eq!(bar.get().unwrap().length(), bytes_total);
            progress.clear();
        }
    }

    #[test]
    fn a_bar_can_be_told_of_events_without_a_terminal() {
        let progress = Progress { meter: Arc::default(), view: View::Bar(OnceLock::new()) };
        progress.on(&Event::Split { input: "a".into(), bytes: 1 });
        progress.on(&Event::Started { mode: "batch", job: "j".into(), bytes_total: Some(10) });
        progress.on(&Event::Split { input: "a".into(), bytes: 10 });
        assert_eq!(progress.suspend(|| 7), 7);
        let View::Bar(bar) = &progress.view else { unreachable!() };
        assert_eq!(bar.get().unwrap().position(), 10);
        progress.clear();
        assert!(bar.get().unwrap().is_finished());
    }
}
