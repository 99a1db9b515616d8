//! The keys of windowed tables: key, then window.

use super::{Key, mix, take};
use crate::Timestamp;
use crate::data::Data;
use crate::place::{ordered, time_of};
use crate::window::{Window, Windowed, WindowedView};

impl<K: Key> Key for Windowed<K> {
    type Itself = Self;
    type Present = Self;

    #[inline(always)]
    fn present(view: Self::View<'_>) -> Option<<Self as Data>::View<'_>> {
        Some(view)
    }

    fn encode(view: WindowedView<'_, K>, out: &mut Vec<u8>) {
        K::encode(view.key, out);
        out.extend_from_slice(&ordered(view.window.start.micros()));
        out.extend_from_slice(&ordered(view.window.end.micros()));
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let key = K::decode(bytes)?;
        let [start, end] = [take::<8>(bytes)?, take::<8>(bytes)?]
            .map(|time| Timestamp::from_micros(time_of(&time)));
        Some(Windowed { key, window: Window { start, end } })
    }

    #[inline]
    fn hash(view: WindowedView<'_, K>, state: u64) -> u64 {
        let state = mix(K::hash(view.key, state), view.window.start.micros() as u64);
        mix(state, view.window.end.micros() as u64)
    }

    #[inline]
    fn same(&self, view: WindowedView<'_, K>) -> bool {
        self.window == view.window && self.key.same(view.key)
    }

    fn canonicalize(&mut self) {
        self.key.canonicalize();
    }

    fn heap_bytes(view: WindowedView<'_, K>) -> usize {
        K::heap_bytes(view.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windowed_keys_read_back_and_sort_by_key_then_window() {
        let key = |key: &str, start: i64, end: i64| Windowed {
            key: key.to_owned(),
            window: Window {
                start: Timestamp::from_micros(start),
                end: Timestamp::from_micros(end),
            },
        };
        let keys = [key("a", -5, 0), key("a", 3, 4), key("a", 3, 9), key("ab", -9, 0)];
        let encoded = keys.each_ref().map(|key| {
            let mut out = Vec::new();
            Windowed::<String>::encode(key.view(), &mut out);
            out
        });
        assert!(encoded.windows(2).all(|pair| pair[0] < pair[1]));
        for (key, encoded) in keys.into_iter().zip(encoded) {
            assert_eq!(Windowed::<String>::decode(&mut encoded.as_slice()), Some(key));
        }
    }
}
