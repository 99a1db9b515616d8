//! `()` and tuples of up to sixteen values.

use super::{Bad, Builder, Column, Data, Produce, open_field};
use crate::schema::{Field, Type};
use arrow::array::NullBufferBuilder;
use arrow::array::{ArrayRef, AsArray, NullArray, StructArray};
use std::sync::Arc;

/// The columns of a tuple.
pub struct TupleColumn<C>(C);

/// Builds the columns of a tuple.
pub struct TupleBuilder<B> {
    builders: B,
    nulls: Option<NullBufferBuilder>,
    len: usize,
}

impl Default for TupleBuilder<()> {
    fn default() -> Self {
        TupleBuilder { builders: (), nulls: None, len: 0 }
    }
}

impl Data for () {
    type View<'a> = ();
    type Column = TupleColumn<()>;
    type Builder = TupleBuilder<()>;
    const WIDTH: usize = 0;

    fn ty() -> Type {
        Type::Unit
    }

    fn columns(_: &[&str]) -> Vec<Field> {
        Vec::new()
    }

    fn view(&self) {}

    fn own((): ()) {}

    fn shorten<'a: 'b, 'b>((): ()) {}
}

impl Produce for () {
    type Data = ();

    fn produce(&self) {}
}

impl Column<()> for TupleColumn<()> {
    fn absent() -> Self {
        TupleColumn(())
    }

    fn open(_: &ArrayRef, _: &Field, _: &mut Bad) -> Self {
        TupleColumn(())
    }

    fn get(&self, _: usize) {}
}

impl Builder<()> for TupleBuilder<()> {
    fn push(&mut self, (): ()) {
        self.len += 1;
    }

    fn push_null(&mut self) {
        self.len += 1;
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(NullArray::new(std::mem::take(&mut self.len)))
    }

    fn finish_row(&mut self, _: &mut Vec<ArrayRef>) {
        self.len = 0;
    }
}

macro_rules! tuples {
    ($($n:literal: $($t:ident $i:tt),+;)*) => {$(
        impl<$($t: Data),+> Data for ($($t,)+) {
            type View<'a> = ($($t::View<'a>,)+);
            type Column = TupleColumn<($($t::Column,)+)>;
            type Builder = TupleBuilder<($($t::Builder,)+)>;
            const WIDTH: usize = $n;

            fn ty() -> Type {
                Type::Struct(vec![$(Field::new(stringify!($i), $t::ty(), $t::NULLABLE)),+])
            }

            fn columns(names: &[&str]) -> Vec<Field> {
                vec![$(Field::new(
                    names.get($i).copied().unwrap_or(stringify!($i)),
                    $t::ty(),
                    $t::NULLABLE,
                )),+]
            }

            #[inline(always)]
            fn view(&self) -> Self::View<'_> {
                ($(self.$i.view(),)+)
            }

            fn own(view: Self::View<'_>) -> Self {
                ($($t::own(view.$i),)+)
            }

            #[inline(always)]
            fn shorten<'a: 'b, 'b>(view: Self::View<'a>) -> Self::View<'b> {
                ($($t::shorten(view.$i),)+)
            }
        }

        impl<$($t: Produce),+> Produce for ($($t,)+) {
            type Data = ($($t::Data,)+);

            #[inline(always)]
            fn produce(&self) -> <Self::Data as Data>::View<'_> {
                ($(self.$i.produce(),)+)
            }
        }

        impl<$($t: Data),+> Column<($($t,)+)> for TupleColumn<($($t::Column,)+)> {
            fn absent() -> Self {
                TupleColumn(($($t::Column::absent(),)+))
            }

            fn open(array: &ArrayRef, _: &Field, bad: &mut Bad) -> Self {
                match array.as_struct_opt() {
                    Some(fields) => <Self as Column<($($t,)+)>>::open_row(fields.columns(), bad),
                    None => <Self as Column<($($t,)+)>>::absent(),
                }
            }

            fn open_row(arrays: &[ArrayRef], bad: &mut Bad) -> Self {
                TupleColumn(($({
                    let field = Field::new(stringify!($i), $t::ty(), $t::NULLABLE);
                    match arrays.get($i) {
                        Some(array) => open_field::<$t>(array, &field, bad),
                        None => $t::Column::absent(),
                    }
                },)+))
            }

            #[inline(always)]
            fn get(&self, row: usize) -> <($($t,)+) as Data>::View<'_> {
                ($(self.0.$i.get(row),)+)
            }
        }

        // Of builders, since std's tuples have a default only up to twelve.
        impl<$($t: Default),+> Default for TupleBuilder<($($t,)+)> {
            fn default() -> Self {
                TupleBuilder { builders: ($($t::default(),)+), nulls: None, len: 0 }
            }
        }

        impl<$($t: Data),+> Builder<($($t,)+)> for TupleBuilder<($($t::Builder,)+)> {
            fn push(&mut self, view: <($($t,)+) as Data>::View<'_>) {
                $(self.builders.$i.push(view.$i);)+
                self.len += 1;
                if let Some(nulls) = &mut self.nulls {
                    nulls.append_non_null();
                }
            }

            fn push_null(&mut self) {
                $(self.builders.$i.push_null();)+
                let len = self.len;
                self.len += 1;
                self.nulls
                    .get_or_insert_with(|| {
                        let mut nulls = NullBufferBuilder::new(len + 1);
                        nulls.append_n_non_nulls(len);
                        nulls
                    })
                    .append_null();
            }

            fn finish(&mut self) -> ArrayRef {
                let len = std::mem::take(&mut self.len);
                let nulls = self.nulls.take().and_then(|mut nulls| nulls.finish());
                let Type::Struct(fields) = <($($t,)+)>::ty() else { return Arc::new(NullArray::new(len)) };
                let columns = vec![$(self.builders.$i.finish()),+];
                Arc::new(StructArray::new(fields.iter().map(Field::arrow).collect(), columns, nulls))
            }

            fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
                self.len = 0;
                self.nulls = None;
                $(out.push(self.builders.$i.finish());)+
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
    13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12;
    14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13;
    15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14;
    16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15;
}
