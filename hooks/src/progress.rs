//! The progress bar.

use crate::{Event, Observer};

/// A progress bar on standard error.
#[derive(Default)]
pub struct Progress;

impl Observer for Progress {
    fn on(&self, _event: &Event<'_>) {}
}
