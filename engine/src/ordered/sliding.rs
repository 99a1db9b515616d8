//! Aggregates over the records up to each one.
//!
//! The aggregates of a queue are kept by two stacks, of which one holds what the records from each
//! one up to a point add up to, and the other what those after that point do: so that a record is
//! merged twice, however long the queue (Tangwongsan et al., "Low-latency sliding-window
//! aggregation in worst-case constant time", 2017, describe it as Two-Stacks).

use super::{Give, InOrder};
use ouzel_dsl::place::Path;
use ouzel_dsl::{Aggregate, Data, Frame, Key, Place};
use std::collections::VecDeque;
use std::marker::PhantomData;

/// Each record, and what those in its frame add up to.
pub struct Sliding<T, A> {
    frame: Frame,
    aggregate: A,
    record: PhantomData<fn() -> T>,
}

impl<T, A> Sliding<T, A> {
    pub fn new(frame: Frame, aggregate: A) -> Self {
        Sliding { frame, aggregate, record: PhantomData }
    }
}

impl<T, A: Clone> Clone for Sliding<T, A> {
    fn clone(&self) -> Self {
        Sliding { frame: self.frame, aggregate: self.aggregate.clone(), record: PhantomData }
    }
}

/// The records of a frame.
pub struct Queue<Acc> {
    /// Event time and what was lifted, as bytes.
    items: VecDeque<(i64, Vec<u8>)>,
    /// How many have left it.
    left: u64,
    /// What the first so many items up to a point add up to, from each one on; the first is the last.
    front: Vec<Acc>,
    /// What the others do.
    back: Acc,
}

impl<T: Data, A: Aggregate> Sliding<T, A> {
    fn read<'a>(bytes: &mut &'a [u8]) -> Option<(T::View<'a>, <A::In as Data>::View<'a>)> {
        <(T, A::In) as Data>::load(bytes)
    }

    /// What a record adds; records come in canonical order, so that their numbers stand for places.
    fn lifted(&self, number: u64, (time, bytes): &(i64, Vec<u8>)) -> A::Acc {
        let mut acc = self.aggregate.zero();
        if let Some(value) = A::In::load(&mut bytes.as_slice()) {
            let place = Place { time: *time, log: &[], offset: Some(number), path: Path::new() };
            self.aggregate.add_at(&mut acc, value, place);
        }
        acc
    }

    fn push(&self, queue: &mut Queue<A::Acc>, time: i64, value: Vec<u8>) {
        let item = (time, value);
        let acc = self.lifted(queue.left + queue.items.len() as u64, &item);
        self.aggregate.merge(&mut queue.back, acc);
        queue.items.push_back(item);
    }

    fn pop(&self, queue: &mut Queue<A::Acc>) {
        if queue.front.is_empty() {
            let mut acc = self.aggregate.zero();
            for (index, item) in queue.items.iter().enumerate().rev() {
                self.aggregate.merge(&mut acc, self.lifted(queue.left + index as u64, item));
                queue.front.push(acc.clone());
            }
            queue.back = self.aggregate.zero();
        }
        queue.front.pop();
        queue.items.pop_front();
        queue.left += 1;
    }

    fn all(&self, queue: &Queue<A::Acc>) -> A::Acc {
        let mut acc = queue.front.last().cloned().unwrap_or_else(|| self.aggregate.zero());
        self.aggregate.merge(&mut acc, queue.back.clone());
        acc
    }
}

impl<K: Key, T: Data, A: Aggregate> InOrder<K> for Sliding<T, A> {
    type In = (T, A::In);
    type Out = (T, A::Out);
    type State = Queue<A::Acc>;

    fn load(&self, bytes: &[u8]) -> Option<Queue<A::Acc>> {
        let items: Vec<(i64, Vec<u8>)> = match bytes {
            [] => Vec::new(),
            bytes => postcard::from_bytes(bytes).ok()?,
        };
        let (none, back) = (VecDeque::new(), self.aggregate.zero());
        let mut queue = Queue { items: none, left: 0, front: Vec::new(), back };
        items.into_iter().for_each(|(time, value)| self.push(&mut queue, time, value));
        Some(queue)
    }

    fn save(&self, state: &Queue<A::Acc>, out: &mut Vec<u8>) {
        // Numbers and bytes can always be written.
        out.extend(postcard::to_allocvec(&state.items).unwrap_or_default());
    }

    fn see(
        &self,
        queue: &mut Queue<A::Acc>,
        _: K::View<'_>,
        (record, value): (T::View<'_>, <A::In as Data>::View<'_>),
        time: i64,
        give: Give<'_, (T, A::Out)>,
    ) -> Result<(), String> {
        let mut bytes = Vec::new();
        A::In::store(value, &mut bytes);
        self.push(queue, time, bytes);
        while self.frame.is_left_by(queue.items.len(), queue.items.front().map(|i| i.0), time) {
            self.pop(queue);
        }
        let result = self.aggregate.finish(&self.all(queue))?;
        give((T::shorten(record), result.view()));
        Ok(())
    }

    fn told_by(
        &self,
        records: &[(i64, &[u8])],
        give: Give<'_, (T, A::Out)>,
    ) -> Option<Result<(), String>> {
        let (time, mut last) = *records.last()?;
        let mut acc = self.aggregate.zero();
        for (nth, (earlier, record)) in records.iter().enumerate() {
            if !self.frame.is_left_by(records.len() - nth, Some(*earlier), time) {
                let (_, value) = Self::read(&mut { *record })?;
                let number = Some(nth as u64);
                let place = Place { time: *earlier, log: &[], offset: number, path: Path::new() };
                self.aggregate.add_at(&mut acc, value, place);
            }
        }
        let (record, _) = Self::read(&mut last)?;
        let result = self.aggregate.finish(&acc);
        Some(result.map(|result| give((T::shorten(record), result.view()))))
    }

    fn useless_after(&self, queue: &Queue<A::Acc>) -> Option<i64> {
        self.frame.ends_after(queue.items.back()?.0)
    }
}
