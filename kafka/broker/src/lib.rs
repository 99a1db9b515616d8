//! A real Kafka broker, and a real schema registry, for tests, benches, soaks and examples.
//!
//! ```no_run
//! use ouzel_kafka_broker::{Broker, Options, skipped};
//!
//! # fn main() -> ouzel_kafka_broker::Result<()> {
//! if skipped() {
//!     return Ok(());
//! }
//! let bootstrap = Broker::shared().bootstrap(); // one for all tests of the process
//!
//! let own = Broker::start(Options::new().partitions(4))?; // one to be ill-treated
//! own.kill()?;
//! own.restart()?; // on the same port, with what was written
//! # Ok(())
//! # }
//! ```
//!
//! Where a broker comes from, in this order:
//!
//! 1. `KAFKA_BROKERS`, addresses of one that runs already: [`Broker::shared`] uses it.
//! 2. `java` (17 or later) and `mvn`: jars are fetched from Maven once, into `target/kafka-jars` or
//!    the folder that `OUZEL_KAFKA_JARS` names.
//! 3. Docker, where its daemon answers.
//!
//! With none of them it is an error that says what to install. With `OUZEL_KAFKA=skip` tests pass
//! Kafka over, and say so.
//!
//! A broker never outlives the process that started it, however that ends. Topics are not made by
//! using them, and retention is off: records may be of any age.

mod broker;
mod error;
mod jars;
mod launch;
mod options;
mod port;
mod process;
mod ready;
mod registry;
mod source;

pub use broker::Broker;
pub use error::{Error, Result};
pub use options::Options;
pub use registry::Registry;

use std::io::Write;

/// Whether `OUZEL_KAFKA=skip` tells tests to pass Kafka over; says on standard error that they did.
pub fn skipped() -> bool {
    let skip = std::env::var_os("OUZEL_KAFKA").is_some_and(|value| value == "skip");
    if skip {
        // Not `eprintln!`: what tests that pass print with it is never shown.
        let _ = writeln!(std::io::stderr(), "OUZEL_KAFKA=skip: Kafka tests were SKIPPED");
    }
    skip
}
