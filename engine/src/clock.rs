//! The clock by which a stream finds partitions silent.

use ouzel_dsl::Span;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The clock by which a stream finds partitions silent and shows early results. It decides when
/// something is done, never what it says: that goes by the layout. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The machine's, from this moment on.
    Machine(Instant),
    /// Moved by hand, in microseconds.
    ByHand(Arc<AtomicU64>),
}

impl Clock {
    /// One that stands still until it is moved: for tests.
    pub fn by_hand() -> Clock {
        Clock(Kind::ByHand(Arc::default()))
    }

    /// Moves one that is moved by hand; the machine's cannot be.
    pub fn advance(&self, by: Span) {
        if let Kind::ByHand(micros) = &self.0 {
            micros.fetch_add(by.micros().try_into().unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Microseconds since some moment.
    pub fn micros(&self) -> u64 {
        match &self.0 {
            Kind::Machine(began) => began.elapsed().as_micros().try_into().unwrap_or(u64::MAX),
            Kind::ByHand(micros) => micros.load(Ordering::Relaxed),
        }
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock(Kind::Machine(Instant::now()))
    }
}
