//! Windows of one length, one after the other.

use super::{Assigned, Window, Windowed, WindowedView, Windows};
use crate::data::Data;
use crate::{Span, micros};

/// Windows of one length, one after the other. See [`tumbling`].
#[derive(Clone, Copy, Debug)]
pub struct Tumbling {
    size: i64,
}

/// Windows of length `size`, aligned to 1970-01-01T00:00:00Z, each beginning where the one before
/// ends. Every record is in one of them.
pub const fn tumbling(size: Span) -> Tumbling {
    Tumbling { size: size.micros() }
}

impl Windows for Tumbling {
    const WINDOWED: bool = true;
    type Itself = Self;
    type Keyed<K: Data> = Windowed<K>;

    #[inline(always)]
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned> {
        let first = time.checked_sub(time.rem_euclid(self.size))?;
        let end = first.checked_add(self.size)?;
        Some(Assigned::one(first, end, seen, lateness))
    }

    fn passed(self, reach: i64) -> Option<i64> {
        reach.checked_sub(self.size)
    }

    #[inline(always)]
    fn end(self, start: i64) -> Option<i64> {
        Some(start.saturating_add(self.size))
    }

    fn longest(self) -> i64 {
        self.size
    }

    #[inline(always)]
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> WindowedView<'_, K> {
        WindowedView { key, window: Window::from(start, self.size) }
    }

    fn check(self) -> Result<(), String> {
        match self.size {
            1.. => Ok(()),
            _ => Err("a tumbling window must be longer than nothing".to_owned()),
        }
    }

    fn describe(self) -> String {
        format!("windows of {}", micros(self.size).short())
    }
}
