//! URIs of inputs and outputs: files, and what optional connectors understand.

use ouzel_connectors::{Chain, Place};
use ouzel_dsl::connector::{Connect, Sink};
use ouzel_dsl::{Error, Result};
use std::sync::Arc;

/// An input by its URI, or two as `FIRST until TIME then SECOND`.
pub(crate) fn input(uri: &str) -> Result<Arc<dyn Connect>> {
    if let Some((before, until, after)) = chain(uri) {
        let until = until.parse().map_err(|e| {
            Error::Usage(format!("{uri}: {until:?} is no time such as 2013-07-01T00:00:00Z: {e}"))
        })?;
        return Ok(Arc::new(Chain { before: input(before)?, until, after: input(after)? }));
    }
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

/// The parts of an input that is made of two.
fn chain(uri: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = uri.split_once(" until ")?;
    let (until, after) = rest.split_once(" then ")?;
    Some((before.trim(), until.trim(), after.trim()))
}

/// Where an input is read.
pub(crate) fn places_of_input(uri: &str) -> Result<Vec<Place>> {
    if let Some((before, _, after)) = chain(uri) {
        let (mut places, after) = (places_of_input(before)?, places_of_input(after)?);
        places.extend(after);
        return Ok(places);
    }
    topic(uri).map_or_else(|| Place::input(uri), Ok).map(|place| vec![place])
}

/// Where an output is written.
pub(crate) fn place_of_output(uri: &str) -> Result<Place> {
    topic(uri).map_or_else(|| Place::output(uri), Ok)
}

/// A topic, by what stands before its options.
fn topic(uri: &str) -> Option<Place> {
    uri.starts_with("kafka://").then(|| Place::named(uri.split('?').next().unwrap_or(uri)))
}
