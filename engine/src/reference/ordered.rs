//! Operators that see each key's records in canonical order: all are sorted, and then seen one after
//! the other, with timers in between.

use super::{Put, StreamMeaning};
use crate::given::Given;
use crate::ordered::{InOrder, Ordered, shown};
use crate::stream_node::Group;
use ouzel_dsl::keyed_node::{Advance, Fault};
use ouzel_dsl::stage::caught;
use ouzel_dsl::{Error, Key, Result, place};

/// A key's records that were seen, and what it is left as by them.
struct Walk<'a, 'g, K: Key, L: InOrder<K>> {
    logic: &'a L,
    key: &'a K,
    end: Advance<'a>,
    out: &'a mut Given<'g, L::Out>,
    state: L::State,
    seen: Vec<(i64, &'a [u8])>,
}

impl<K: Key, L: InOrder<K>> StreamMeaning for Ordered<K, L> {
    fn mean(
        &self,
        group: Group<'_>,
        put: &[Put],
        end: Advance<'_>,
        out: &mut Given<'_, L::Out>,
    ) -> Result<()> {
        let encoded = &group.place[8..];
        let key = K::decode(&mut &encoded[..]).ok_or_else(damaged)?;
        let (logic, seen) = (&self.logic, Vec::new());
        let state = logic.load(&[]).ok_or_else(damaged)?;
        let mut walk = Walk { logic, key: &key, end, out, state, seen };
        let address = |time: i64, name: &str| {
            place::made_by(self.operator, |out| {
                out.extend_from_slice(encoded);
                out.extend_from_slice(&place::ordered(time));
                out.extend_from_slice(name.as_bytes());
            })
        };
        for record in put {
            // Those of its own time fire after it.
            while let Some((time, name)) = walk.due(|time| time < record.time()) {
                walk.fire(time, &name, &address(time, &name))?;
            }
            walk.see(record)?;
        }
        while let Some((time, name)) = walk.due(|_| true) {
            walk.fire(time, &name, &address(time, &name))?;
        }
        // Those that are pending after the end fire once, and what they set does not.
        let mut pending = Vec::new();
        while let Some((time, name)) = logic.timer(&walk.state) {
            logic.unset(&mut walk.state, &name);
            pending.push((time, name));
        }
        for (time, name) in pending {
            walk.fire(time, &name, &address(time, &name))?;
        }
        Ok(())
    }
}

impl<'a, K: Key, L: InOrder<K>> Walk<'a, '_, K, L> {
    /// The next timer that the operator's logs have reached, if it is to fire now.
    fn due(&self, now: impl Fn(i64) -> bool) -> Option<(i64, String)> {
        self.logic.timer(&self.state).filter(|(time, _)| *time <= self.end.greatest && now(*time))
    }

    fn see(&mut self, record: &'a Put) -> Result<()> {
        let (logic, time, key) = (self.logic, record.time(), self.key);
        let mut seen = self.seen.clone();
        seen.push((time, &record.value));
        let moment = (time, record.seen, record.address());
        let done = self.step(moment, |state, give| {
            if let Some(told) = logic.told_by(&seen, give) {
                return told;
            }
            logic.see(state, key.view(), record.view::<L::In>()?, time, give)
        })?;
        match done {
            Ok(()) => {
                self.seen = seen;
                Ok(())
            }
            Err(message) => {
                let record = record.view::<L::In>().map(shown::<L::In>).unwrap_or_default();
                (self.end.fail)(Fault { address: moment.2.to_vec(), record, message })
            }
        }
    }

    fn fire(&mut self, time: i64, name: &str, address: &[u8]) -> Result<()> {
        let (logic, key) = (self.logic, self.key);
        let done = self.step((time, time, address), |state, give| {
            logic.fire(state, key.view(), (time, name), give);
            Ok(())
        })?;
        let Err(message) = done else { return Ok(()) };
        // A timer that failed has fired.
        logic.unset(&mut self.state, name);
        let record = format!("timer `{name}`").into_bytes();
        (self.end.fail)(Fault { address: address.to_vec(), record, message })
    }

    /// Does something with the state, which is as it was if that fails, and hands on what is given.
    fn step(
        &mut self,
        (time, seen, address): (i64, i64, &[u8]),
        body: impl FnOnce(&mut L::State, crate::ordered::Give<'_, L::Out>) -> Result<(), String>,
    ) -> Result<Result<(), String>> {
        let mut before = Vec::new();
        self.logic.save(&self.state, &mut before);
        let Walk { out, state, .. } = self;
        let (mut number, mut failed) = (0, None);
        let done = caught(|| {
            body(state, &mut |row| {
                if failed.is_none() {
                    let write = |out: &mut Vec<u8>| place::write_made(address, number, out);
                    failed = out.push(row, (time, seen), 0, write).err();
                }
                number += 1;
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let done = done.unwrap_or_else(Err);
        if done.is_err() {
            self.state = self.logic.load(&before).ok_or_else(damaged)?;
        }
        Ok(done)
    }
}

fn damaged() -> Error {
    Error::Failed("what was put in cannot be read back".to_owned())
}
