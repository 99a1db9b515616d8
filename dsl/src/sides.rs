//! What the two sides of a join have in common.

use crate::window::{Calendar, Hopping, Tumbling, Unwindowed, Windows};

/// A key that is a `K`: what records of the two sides of a join meet by. It is there for the message
/// where it is not.
#[diagnostic::on_unimplemented(
    message = "the two sides of a join have different keys: `{K}` and `{Self}`",
    label = "the key of this side is `{Self}`",
    note = "records meet where their keys are the same: give both sides a key of one type"
)]
pub trait SameKey<K> {}

impl<K> SameKey<K> for K {}

/// A key that is a `K`, where a closure gives it: that of the row of another table. It is there for the
/// message where it is not.
#[diagnostic::on_unimplemented(
    message = "the closure gives a key that is `{Self}`, and the key of the other table is `{K}`",
    label = "no row of that table has such a key",
    note = "a row refers to those with the same key: let the closure give what the other table is keyed by"
)]
pub trait RefersTo<K> {}

impl<K> RefersTo<K> for K {}

/// Windows that are a `W`: what records of the two sides of a join meet in. It is there for the
/// message where they are not.
#[diagnostic::on_unimplemented(
    message = "the two sides of a join have different windows: `{W}` and `{Self}`",
    label = "the windows of this side are `{Self}`",
    note = "records meet where they are in one window: put both sides into the same windows"
)]
pub trait SameWindows<W> {}

impl<W> SameWindows<W> for W {}

/// Windows in which records of two streams can meet: those that do not depend on the records.
#[diagnostic::on_unimplemented(
    message = "records of two streams cannot meet in `{Self}` windows",
    label = "a join takes `tumbling(..)`, `hopping(..)` or calendar windows, or none",
    note = "without windows, `.between(from, to)` on the other side says how near the records must be"
)]
pub trait Meeting: Windows {}

impl Meeting for Unwindowed {}
impl Meeting for Tumbling {}
impl Meeting for Hopping {}
impl Meeting for Calendar {}
