//! Records and timers, with a state.

use super::{Give, InOrder};
use ouzel_dsl::{Data, Event, Key, Process, Timers};
use std::marker::PhantomData;

/// What a closure makes of each record and timer of a key.
pub struct Processing<T, S, O, F> {
    init: Vec<u8>,
    process: F,
    #[allow(clippy::type_complexity)]
    types: PhantomData<fn() -> (T, S, O)>,
}

impl<T, S: Data, O, F> Processing<T, S, O, F> {
    pub fn new(init: S, process: F) -> Self {
        let mut bytes = Vec::new();
        S::store(init.view(), &mut bytes);
        Processing { init: bytes, process, types: PhantomData }
    }
}

impl<T, S, O, F: Clone> Clone for Processing<T, S, O, F> {
    fn clone(&self) -> Self {
        Processing { init: self.init.clone(), process: self.process.clone(), types: PhantomData }
    }
}

impl<K, T, S, O, F> InOrder<K> for Processing<T, S, O, F>
where
    K: Key,
    T: Data,
    S: Data,
    O: Data,
    F: for<'a, 'b> Fn(&'a mut Process<'b, K, T, S, O>) + Clone + Send + Sync + 'static,
{
    type In = T;
    type Out = O;
    type State = (S, Timers);

    fn load(&self, bytes: &[u8]) -> Option<(S, Timers)> {
        let (timers, mut state) = match bytes {
            [] => (Timers::new(), self.init.as_slice()),
            bytes => postcard::take_from_bytes(bytes).ok()?,
        };
        Some((S::own(S::load(&mut state)?), timers))
    }

    fn save(&self, (state, timers): &(S, Timers), out: &mut Vec<u8>) {
        let mut bytes = Vec::new();
        S::store(state.view(), &mut bytes);
        // A key that is as new takes no room.
        if bytes != self.init || !timers.is_empty() {
            // A map of texts and numbers can always be written.
            out.extend(postcard::to_allocvec(timers).unwrap_or_default());
            out.append(&mut bytes);
        }
    }

    fn see(
        &self,
        (state, timers): &mut (S, Timers),
        key: K::View<'_>,
        record: T::View<'_>,
        time: i64,
        give: Give<'_, O>,
    ) -> Result<(), String> {
        let (key, record) = (K::shorten(key), T::shorten(record));
        (self.process)(&mut Process::new(key, Event::Record(record), time, (state, timers), give));
        Ok(())
    }

    fn timer(&self, (_, timers): &(S, Timers)) -> Option<(i64, String)> {
        let next = timers.iter().min_by_key(|(name, time)| (**time, name.as_str()))?;
        Some((*next.1, next.0.clone()))
    }

    fn unset(&self, (_, timers): &mut (S, Timers), name: &str) {
        timers.remove(name);
    }

    fn fire(
        &self,
        (state, timers): &mut (S, Timers),
        key: K::View<'_>,
        (time, name): (i64, &str),
        give: Give<'_, O>,
    ) {
        timers.remove(name);
        let key = K::shorten(key);
        (self.process)(&mut Process::new(key, Event::Timer(name), time, (state, timers), give));
    }
}
