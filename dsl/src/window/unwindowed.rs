//! No windows.

use super::{Assigned, Windows};
use crate::data::Data;

/// No windows: one group a key.
#[derive(Clone, Copy, Debug)]
pub struct Unwindowed;

impl Windows for Unwindowed {
    const WINDOWED: bool = false;
    type Itself = Self;
    type Keyed<K: Data> = K;

    #[inline(always)]
    fn assign(self, _: i64, _: i64, _: Option<i64>) -> Option<Assigned> {
        Some(Assigned { first: 0, step: 0, late: 0, live: 1 })
    }

    fn passed(self, _: i64) -> Option<i64> {
        None
    }

    fn end(self, _: i64) -> Option<i64> {
        None
    }

    fn longest(self) -> i64 {
        i64::MAX
    }

    #[inline(always)]
    fn keyed<K: Data>(self, key: K::View<'_>, _: i64) -> K::View<'_> {
        key
    }

    fn check(self) -> Result<(), String> {
        Ok(())
    }

    fn describe(self) -> String {
        "no windows".to_owned()
    }
}
