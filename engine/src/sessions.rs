//! Session windows: records of a key that follow each other closely enough.
//!
//! A key's accumulator is the list of its sessions in order of time, none of which reaches another.
//! Merging two lists merges the sessions that reach each other, so that it is a commutative monoid
//! however the records were spread.

use crate::monoid::{Moment, Monoid, Takes};
use crate::tabled::{Give, Tabled};
use ouzel_dsl::{Aggregate, Data, Key, Session, Window, Windowed, WindowedView};
use serde::{Deserialize, Serialize};

/// An aggregate of each session of a key.
#[derive(Clone)]
pub struct Sessions<A> {
    pub(crate) gap: i64,
    pub(crate) aggregate: A,
}

/// The sessions of a key, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spans<Acc> {
    list: Vec<Span<Acc>>,
    /// What their accumulators hold on the heap.
    heap_bytes: usize,
}

/// A session: the event times of its first and last record, and what they add up to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Span<Acc> {
    first: i64,
    last: i64,
    acc: Acc,
}

impl<A: Aggregate> Sessions<A> {
    /// Sessions that end when nothing comes for longer than the gap.
    pub fn new(windows: Session, aggregate: A) -> Self {
        Sessions { gap: windows.gap(), aggregate }
    }

    /// Whether a later time goes on with what ends at an earlier one.
    #[inline(always)]
    fn reaches(&self, last: i64, next: i64) -> bool {
        last.saturating_add(self.gap) >= next
    }

    /// Where the sessions begin that reach a range of time, and how many there are.
    fn touched(&self, sessions: &[Span<A::Acc>], first: i64, last: i64) -> (usize, usize) {
        let from = sessions.partition_point(|s| !self.reaches(s.last, first));
        let len = sessions[from..].partition_point(|s| self.reaches(last, s.first));
        (from, len)
    }

    /// Makes one session of all that reach it; its place.
    fn put(&self, acc: &mut Spans<A::Acc>, mut span: Span<A::Acc>) -> usize {
        let (from, len) = self.touched(&acc.list, span.first, span.last);
        for held in acc.list.drain(from..from + len) {
            acc.heap_bytes -= self.aggregate.heap_bytes(&held.acc);
            (span.first, span.last) = (span.first.min(held.first), span.last.max(held.last));
            self.aggregate.merge(&mut span.acc, held.acc);
        }
        acc.heap_bytes += self.aggregate.heap_bytes(&span.acc);
        acc.list.insert(from, span);
        from
    }
}

impl<A: Aggregate> Monoid for Sessions<A> {
    type Acc = Spans<A::Acc>;

    fn zero(&self) -> Self::Acc {
        Spans { list: Vec::new(), heap_bytes: 0 }
    }

    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        for span in other.list {
            self.put(acc, span);
        }
    }

    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        acc.list.capacity() * size_of::<Span<A::Acc>>() + acc.heap_bytes
    }
}

impl<A: Aggregate> Takes<0> for Sessions<A> {
    type In = A::In;

    fn add(&self, acc: &mut Self::Acc, value: <A::In as Data>::View<'_>, moment: Moment<'_>) {
        let time = moment.place.time;
        let at = match self.touched(&acc.list, time, time) {
            (at, 1) => at,
            _ => self.put(acc, Span { first: time, last: time, acc: self.aggregate.zero() }),
        };
        let span = &mut acc.list[at];
        (span.first, span.last) = (span.first.min(time), span.last.max(time));
        acc.heap_bytes -= self.aggregate.heap_bytes(&span.acc);
        self.aggregate.add_at(&mut span.acc, value, moment.place);
        acc.heap_bytes += self.aggregate.heap_bytes(&span.acc);
    }
}

impl<K: Key, A: Aggregate> Tabled<K, Session> for Sessions<A> {
    type Keys = Windowed<K>;
    type Values = A::Out;
    const REMOVES: bool = true;
    const PARTS: bool = true;

    fn rows(
        &self,
        _: Session,
        key: K::View<'_>,
        _: i64,
        acc: &Self::Acc,
        give: &mut impl Give<Windowed<K>, A::Out>,
    ) -> Result<(), String> {
        for span in &acc.list {
            let value = self.aggregate.finish(&span.acc)?;
            let length = span.last.saturating_sub(span.first).saturating_add(self.gap);
            give(WindowedView { key, window: Window::from(span.first, length) }, value.view());
        }
        Ok(())
    }

    fn close(&self, acc: &mut Self::Acc, reach: i64) -> Option<Self::Acc> {
        let closed = acc.list.partition_point(|span| !self.reaches(span.last, reach));
        if closed == 0 {
            return None;
        }
        let list: Vec<_> = acc.list.drain(..closed).collect();
        let heap_bytes = list.iter().map(|span| self.aggregate.heap_bytes(&span.acc)).sum();
        acc.heap_bytes -= heap_bytes;
        Some(Spans { list, heap_bytes })
    }

    fn is_empty(&self, acc: &Self::Acc) -> bool {
        acc.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::{Place, count, micros, session};

    /// Sessions of times by looking at all of them.
    fn plain(times: &[i64], gap: i64) -> Vec<(i64, i64, u64)> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let mut sessions: Vec<(i64, i64, u64)> = Vec::new();
        for time in sorted {
            match sessions.last_mut() {
                Some((_, last, n)) if time - *last <= gap => (*last, *n) = (time, *n + 1),
                _ => sessions.push((time, time, 1)),
            }
        }
        sessions
    }

    fn of(sessions: &Sessions<ouzel_dsl::aggregate::Count>, times: &[i64]) -> Spans<u64> {
        let mut acc = sessions.zero();
        for time in times {
            let place = Place { time: *time, log: &[], offset: None, path: Default::default() };
            sessions.add(&mut acc, (), Moment { place, seen: *time, weight: 1 });
        }
        acc
    }

    #[test]
    fn however_records_are_spread_the_sessions_are_the_same() {
        let sessions = Sessions::new(session(micros(3)), count());
        let mut state = 7u64;
        for _ in 0..2_000 {
            let mut draw = |most: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % most
            };
            let times: Vec<i64> = (0..draw(9)).map(|_| draw(30) as i64).collect();
            let cut = draw(times.len() as u64 + 1) as usize;
            let (a, b) = times.split_at(cut);
            let mut merged = of(&sessions, b);
            sessions.merge(&mut merged, of(&sessions, a));
            let shown = |acc: &Spans<u64>| -> Vec<_> {
                acc.list.iter().map(|span| (span.first, span.last, span.acc)).collect()
            };
            assert_eq!(shown(&merged), plain(&times, 3), "{times:?}");
            assert_eq!(shown(&of(&sessions, &times)), plain(&times, 3), "{times:?}");
        }
    }
}
