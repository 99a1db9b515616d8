//! URIs of inputs and outputs: files, and what optional connectors understand.

use ouzel_connectors::Place;
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Connect, Sink};
use std::sync::Arc;

/// An input by its URI.
pub(crate) fn input(uri: &str) -> Result<Arc<dyn Connect>> {
    #[cfg(feature = "kafka")]
    if let Some(input) = ouzel_kafka::input(uri)? {
        return Ok(input);
    }
    ouzel_connectors::input(uri)
}

/// An output by its URI.
pub(crate) fn output(uri: &str) -> Result<Arc<dyn Sink>> {
    #[cfg(feature = "kafka")]
    if let Some(output) = ouzel_kafka::output(uri)? {
        return Ok(output);
    }
    ouzel_connectors::output(uri)
}

/// Where an input is read.
pub(crate) fn place_of_input(uri: &str) -> Result<Place> {
    topic(uri).map_or_else(|| Place::input(uri), Ok)
}

/// Where an output is written.
pub(crate) fn place_of_output(uri: &str) -> Result<Place> {
    topic(uri).map_or_else(|| Place::output(uri), Ok)
}

/// A topic, by what stands before its options.
fn topic(uri: &str) -> Option<Place> {
    uri.starts_with("kafka://").then(|| Place::named(uri.split('?').next().unwrap_or(uri)))
}
