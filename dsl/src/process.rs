//! What a `process` closure sees: one record or timer of a key, and what is kept of the key.

use crate::Timestamp;
use crate::data::{Data, Produce};
use std::collections::BTreeMap;

/// One record of a key, or a timer that fires, with the key's state: what the closure of
/// [`process`](crate::Keyed::process) is given.
///
/// Records come in canonical order, and a timer fires after the records of its own time; of timers
/// for one time, the first by name fires first.
pub struct Process<'a, K: Data, T: Data, S, O: Data> {
    /// What is kept of the key: what `process` was given to begin with, or what it was left as. A key
    /// whose state is the beginning again, and that has no timers, takes no room.
    pub state: &'a mut S,
    key: K::View<'a>,
    event: Event<'a, T>,
    time: i64,
    timers: &'a mut Timers,
    out: &'a mut dyn FnMut(O::View<'_>),
}

/// Why a closure is called.
#[doc(hidden)]
pub enum Event<'a, T: Data> {
    Record(T::View<'a>),
    Timer(&'a str),
}

/// Timers by name.
#[doc(hidden)]
pub type Timers = BTreeMap<String, i64>;

impl<'a, K: Data, T: Data, S, O: Data> Process<'a, K, T, S, O> {
    #[doc(hidden)]
    pub fn new(
        key: K::View<'a>,
        event: Event<'a, T>,
        time: i64,
        (state, timers): (&'a mut S, &'a mut Timers),
        out: &'a mut dyn FnMut(O::View<'_>),
    ) -> Self {
        Process { state, key, event, time, timers, out }
    }

    /// The key.
    pub fn key(&self) -> K::View<'a> {
        self.key
    }

    /// The record; none where a timer fires.
    pub fn record(&self) -> Option<T::View<'a>> {
        match self.event {
            Event::Record(record) => Some(record),
            Event::Timer(_) => None,
        }
    }

    /// The name of the timer that fires; none where a record has come.
    pub fn timer(&self) -> Option<&'a str> {
        match self.event {
            Event::Record(_) => None,
            Event::Timer(name) => Some(name),
        }
    }

    /// The event time of the record or timer.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.time)
    }

    /// Gives a record, whose event time is [`time`](Process::time).
    pub fn emit<P: Produce<Data = O>>(&mut self, value: P) {
        (self.out)(value.produce());
    }

    /// Lets a timer fire at an event time: in the place of one of that name, if there is one. For a time
    /// that has come already it fires next.
    pub fn set_timer(&mut self, name: &str, at: Timestamp) {
        self.timers.insert(name.to_owned(), at.micros().max(self.time));
    }

    /// Takes a timer back, if there is one of that name.
    pub fn clear_timer(&mut self, name: &str) {
        self.timers.remove(name);
    }
}
