//! What a run says of itself over HTTP, while it runs: metrics and health.
//!
//! The numbers are those that observers are told, which are those of the closing summary, in both
//! modes. Nothing of a record's content is in them, and no label has more values than the plan has
//! operators.
#![warn(missing_docs)]

mod families;
mod server;

use families::Families;
use ouzel_dsl::{Plan, Result};
use ouzel_hooks::{Event, Observer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Counts what happens in a run, and tells it to who asks.
///
/// - `/metrics`: all families, in the text format of OpenMetrics 1.0.
/// - `/healthz`: 200 as long as the process answers.
/// - `/readyz`: 200 from the run's start to its end, else 503.
pub struct Monitor {
    families: Families,
    runs: AtomicBool,
}

impl Monitor {
    /// One for a job, of which nothing has happened yet.
    pub fn new(plan: &Plan) -> Arc<Monitor> {
        let operators = plan.operators.iter().map(|operator| operator.id.clone());
        let families = Families::new(plan.job, operators.collect());
        Arc::new(Monitor { families, runs: AtomicBool::new(false) })
    }

    /// Answers at an address from now on, until the process ends; where that is, if it is asked for
    /// port 0.
    ///
    /// # Errors
    ///
    /// Where the address cannot be had.
    pub fn serve(self: &Arc<Monitor>, address: SocketAddr) -> Result<SocketAddr> {
        server::start(address, Arc::clone(self))
    }

    /// All families as text.
    pub fn text(&self) -> String {
        self.families.text()
    }

    fn is_ready(&self) -> bool {
        self.runs.load(Ordering::Relaxed)
    }
}

impl Observer for Monitor {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Started { .. } => self.runs.store(true, Ordering::Relaxed),
            Event::Finished { .. } => self.runs.store(false, Ordering::Relaxed),
            _ => {}
        }
        self.families.count(event);
    }
}
