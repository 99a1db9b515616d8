//! `()` and tuples of up to sixteen values.

use super::stored::take;
use super::{Bad, Builder, Column, Data, Draw, Nulls, Produce, nested, open_field, struct_array};
use crate::schema::{Field, Type};
use arrow::array::{ArrayRef, NullArray};
use std::sync::Arc;

/// The columns of a tuple.
pub struct TupleColumn<C>(C);

/// Builds the columns of a tuple.
pub struct TupleBuilder<B> {
    builders: B,
    nulls: Nulls,
}

impl Default for TupleBuilder<()> {
    fn default() -> Self {
        TupleBuilder { builders: (), nulls: Nulls::default() }
    }
}

impl Data for () {
    type View<'a> = ();
    type Column = TupleColumn<()>;
    type Builder = TupleBuilder<()>;
    const WIDTH: usize = 0;
    // As one column it is nothing but nulls.
    const NULLABLE: bool = true;

    fn ty() -> Type {
        Type::Unit
    }

    fn columns(_: &[&str]) -> Vec<Field> {
        Vec::new()
    }

    fn view(&self) {}

    fn own((): ()) {}

    fn draw(_: &mut dyn Draw) {}

    fn shorten<'a: 'b, 'b>((): ()) {}

    fn store((): (), out: &mut Vec<u8>) {
        out.push(0);
    }

    fn load(bytes: &mut &[u8]) -> Option<()> {
        (take(bytes)? == [0]).then_some(())
    }
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
        self.nulls.value();
    }

    fn push_null(&mut self) {
        self.nulls.null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(NullArray::new(self.nulls.take().0))
    }

    fn finish_row(&mut self, _: &mut Vec<ArrayRef>) {
        self.nulls.take();
    }
}

macro_rules! tuples {
    ($($n:literal: $($t:ident $i:tt),+;)*) => {$(
        #[diagnostic::do_not_recommend]
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

            fn draw(source: &mut dyn Draw) -> Self {
                ($($t::draw(source),)+)
            }

            #[inline(always)]
            fn shorten<'a: 'b, 'b>(view: Self::View<'a>) -> Self::View<'b> {
                ($($t::shorten(view.$i),)+)
            }

            fn store(view: Self::View<'_>, out: &mut Vec<u8>) {
                $($t::store(view.$i, out);)+
            }

            fn load<'a>(bytes: &mut &'a [u8]) -> Option<Self::View<'a>> {
                Some(($($t::load(bytes)?,)+))
            }
        }

        #[diagnostic::do_not_recommend]
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

            fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
                let fields = <($($t,)+)>::columns(&[]);
                nested(array, field, fields, bad, |arrays, fields, bad| TupleColumn(($(
                    match (arrays.get($i), fields.get($i)) {
                        (Some(Some(array)), Some(field)) => open_field::<$t>(array, field, bad),
                        _ => $t::Column::absent(),
                    },
                )+)))
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
                TupleBuilder { builders: ($($t::default(),)+), nulls: Nulls::default() }
            }
        }

        impl<$($t: Data),+> Builder<($($t,)+)> for TupleBuilder<($($t::Builder,)+)> {
            fn push(&mut self, view: <($($t,)+) as Data>::View<'_>) {
                $(self.builders.$i.push(view.$i);)+
                self.nulls.value();
            }

            fn push_null(&mut self) {
                $(self.builders.$i.push_null();)+
                self.nulls.null();
            }

            fn finish(&mut self) -> ArrayRef {
                let columns = vec![$(self.builders.$i.finish()),+];
                struct_array(<($($t,)+)>::columns(&[]), columns, &mut self.nulls)
            }

            fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
                self.nulls.take();
                $(out.push(self.builders.$i.finish());)+
            }

            fn finish_parts(&mut self, out: &mut Vec<ArrayRef>) {
                self.nulls.take();
                $(self.builders.$i.finish_row(out);)+
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
