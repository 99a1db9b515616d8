//! Windows of activity.

use super::{Assigned, Window, Windowed, WindowedView, Windows};
use crate::data::Data;
use crate::{Span, micros};

/// Windows that last as long as records come. See [`session`].
#[derive(Clone, Copy, Debug)]
pub struct Session {
    gap: i64,
}

/// Sessions: a record goes on with a key's session if it comes at most `gap` after a record of it, in
/// event time; otherwise it begins another. A record between two sessions may make one of them.
///
/// The window begins with the session's first record and ends `gap` after its last. With a lateness
/// a record is late if its event time plus the lateness is before what its partition has seen, and a
/// session is final when the watermark passes its end plus the lateness.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::{Keyed, Table, Windowed, count, minutes, session};
///
/// # fn job<T: ouzel::Data>(clicks: Keyed<String, T>) -> Table<Windowed<String>, u64> {
/// clicks.window(session(minutes(30))).aggregate(count())
/// # }
/// ```
pub const fn session(gap: Span) -> Session {
    Session { gap: gap.micros() }
}

impl Session {
    /// How long after a record another may come, in microseconds.
    pub fn gap(self) -> i64 {
        self.gap
    }
}

impl Windows for Session {
    // Which sessions there are is seen from all records of a key together.
    const WINDOWED: bool = false;
    type Itself = Self;
    type Keyed<K: Data> = Windowed<K>;

    #[inline(always)]
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned> {
        time.checked_add(self.gap)?;
        let late = lateness.is_some_and(|lateness| crate::stage::is_late(time, lateness, seen));
        Some(Assigned { first: 0, step: self.gap, late: late.into(), live: (!late).into() })
    }

    fn passed(self, reach: i64) -> Option<i64> {
        Some(reach)
    }

    fn end(self, _: i64) -> Option<i64> {
        None
    }

    fn longest(self) -> i64 {
        i64::MAX
    }

    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> WindowedView<'_, K> {
        WindowedView { key, window: Window::from(start, self.gap) }
    }

    fn check(self) -> Result<(), String> {
        match self.gap {
            1.. => Ok(()),
            _ => Err("the gap of a session must be longer than nothing".to_owned()),
        }
    }

    fn describe(self) -> String {
        format!("sessions that end after {}", micros(self.gap).short())
    }
}
