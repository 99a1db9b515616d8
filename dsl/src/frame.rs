//! Which records up to each one an aggregate is over.

use crate::Span;

/// The records of a key up to and including each one that an aggregate is over. See [`last_rows`] and
/// [`last_span`].
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    rows: Option<usize>,
    span: Option<i64>,
}

/// The last `rows` records, the one itself among them: SQL's `ROWS BETWEEN rows - 1 PRECEDING AND
/// CURRENT ROW`.
pub const fn last_rows(rows: usize) -> Frame {
    Frame { rows: Some(rows), span: None }
}

/// The records of the last `span` of event time, the one itself among them: those whose time plus
/// `span` is after its time. Of records at the same time, those before it in canonical order.
pub const fn last_span(span: Span) -> Frame {
    Frame { rows: None, span: Some(span.micros()) }
}

impl Frame {
    /// Whether the first of so many records has left the frame of one at `time`.
    #[doc(hidden)]
    pub fn is_left_by(self, records: usize, first: Option<i64>, time: i64) -> bool {
        let Some(first) = first else { return false };
        let too_many = self.rows.is_some_and(|rows| records > rows);
        too_many || self.span.is_some_and(|span| first.saturating_add(span) <= time)
    }

    /// The event time after which no record is in a frame with one at `time`.
    #[doc(hidden)]
    pub fn ends_after(self, time: i64) -> Option<i64> {
        self.span.map(|span| time.saturating_add(span))
    }

    /// What is wrong with it, if anything is.
    #[doc(hidden)]
    pub fn check(self) -> Result<(), String> {
        match self {
            Frame { rows: Some(0), .. } => Err("a frame needs a row at least".to_owned()),
            Frame { span: Some(..=0), .. } => Err("a frame must be longer than nothing".to_owned()),
            _ => Ok(()),
        }
    }
}
