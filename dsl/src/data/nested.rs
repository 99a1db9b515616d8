//! What records and tuples share: a struct array's fields, and the nulls of the whole.

use super::Bad;
use crate::schema::Field;
use arrow::array::{Array, ArrayRef, AsArray, NullBufferBuilder, StructArray};
use arrow::buffer::NullBuffer;
use std::sync::Arc;

/// Opens the fields of a struct array. What is bad in them counts only where the whole is there.
///
/// `open` gets the child of each field where there is one, and the fields under their full names
/// (`plane.model`), for messages.
pub fn nested<C>(
    array: &ArrayRef,
    field: &Field,
    mut fields: Vec<Field>,
    bad: &mut Bad,
    open: impl FnOnce(&[Option<&ArrayRef>], &[Field], &mut Bad) -> C,
) -> C {
    let Some(whole) = array.as_struct_opt() else {
        bad.mistyped(array, field);
        return open(&[], &fields, bad);
    };
    let children: Vec<_> = fields.iter().map(|f| whole.column_by_name(&f.name)).collect();
    let mut bad_children = Bad::default();
    for (child, child_field) in children.iter().zip(&mut fields) {
        if child.is_none() && !child_field.has_default {
            let missing = || format!("column `{}` has no field `{}`", field.name, child_field.name);
            (0..array.len()).for_each(|row| bad_children.note(row, missing));
        }
        child_field.name = format!("{}.{}", field.name, child_field.name);
    }
    let column = open(&children, &fields, &mut bad_children);
    for (row, reason) in bad_children.iter().filter(|(row, _)| array.is_valid(*row)) {
        bad.note(row, || reason.to_owned());
    }
    column
}

/// A struct array of what the builders of its fields gave.
pub fn struct_array(fields: Vec<Field>, columns: Vec<ArrayRef>, nulls: &mut Nulls) -> ArrayRef {
    let fields = fields.iter().map(Field::arrow).collect();
    Arc::new(StructArray::new(fields, columns, nulls.take().1))
}

/// Which of the values in a builder are null; nothing is kept until one is.
#[derive(Default)]
pub struct Nulls {
    len: usize,
    bits: Option<NullBufferBuilder>,
}

impl Nulls {
    /// Counts a value.
    #[inline]
    pub fn value(&mut self) {
        self.len += 1;
        if let Some(bits) = &mut self.bits {
            bits.append_non_null();
        }
    }

    /// Counts a null.
    pub fn null(&mut self) {
        let len = self.len;
        self.len += 1;
        let bits = self.bits.get_or_insert_with(|| {
            let mut bits = NullBufferBuilder::new(len + 1);
            bits.append_n_non_nulls(len);
            bits
        });
        bits.append_null();
    }

    /// How many values and nulls there were, and which were null; begins anew.
    pub fn take(&mut self) -> (usize, Option<NullBuffer>) {
        let nulls = self.bits.take().and_then(|mut bits| bits.finish());
        (std::mem::take(&mut self.len), nulls)
    }
}
