//! What stored bytes must keep to, however broken: for fuzzers, and for tests with made-up bytes.

use crate::data::{Bad, Builder, Column, Data};

/// Checks bytes as a stored `T`. Nothing panics; and what is read of them is the same value where
/// it lies, owned, in columns and stored again.
pub fn stored<T: Data>(mut bytes: &[u8]) {
    let Some(view) = T::load(&mut bytes) else { return };
    let owned = T::own(view);
    let again = written::<T>(owned.view());
    let mut rest = again.as_slice();
    let read = T::load(&mut rest).map(|view| written::<T>(T::own(view).view()));
    assert_eq!(read.as_deref(), Some(&*again), "what is stored reads back");
    assert!(rest.is_empty(), "and to its end");
    let mut builder = T::Builder::default();
    builder.push(view);
    let mut arrays = Vec::new();
    builder.finish_row(&mut arrays);
    let column = T::Column::open_row(&arrays, &mut Bad::default());
    assert_eq!(written::<T>(column.get(0)), again, "columns hold the same");
}

fn written<T: Data>(view: T::View<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    T::store(view, &mut out);
    out
}
