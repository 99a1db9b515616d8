use super::{Aggregate, Arg, DataOf, Idempotent};
use crate::data::{Data, Produce};
use crate::{Bytes, Date, Decimal, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cmp::Ordering;
use std::marker::PhantomData;

/// A type with the one total order that `min`, `max` and sorting use: -0.0 before 0.0, NaN last.
pub trait Ordered: Data + Clone + Serialize + DeserializeOwned {
    /// Compares two values.
    fn order(a: Self::View<'_>, b: Self::View<'_>) -> Ordering;

    /// How many bytes the value holds on the heap.
    #[inline(always)]
    fn heap_bytes(&self) -> usize {
        0
    }
}

const OF_NOTHING: &str =
    "the least or greatest of no values; `non_empty(..)` around it gives `None` then";

macro_rules! ordered {
    ($($t:ty $(, |$value:ident| $heap_bytes:expr)?;)*) => {$(
        impl Ordered for $t {
            #[inline(always)]
            fn order(a: Self::View<'_>, b: Self::View<'_>) -> Ordering {
                a.cmp(&b)
            }

            $(#[inline(always)]
            fn heap_bytes(&self) -> usize {
                let $value = self;
                $heap_bytes
            })?
        }

        impl Extremum for $t {
            type Itself = Self;
            type Item = $t;

            #[inline(always)]
            fn item(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(view)
            }

            type Of<V: Data> = V;

            fn of<V: Data>(best: Option<V>) -> Result<V, String> {
                best.ok_or_else(|| OF_NOTHING.to_owned())
            }

            fn result(best: Option<$t>) -> Result<$t, String> {
                Self::of(best)
            }
        }
    )*};
}

ordered! {
    bool; i8; i16; i32; i64; u8; u16; u32; u64; Timestamp; Date;
    Decimal<0>; Decimal<1>; Decimal<2>; Decimal<3>; Decimal<4>;
    Decimal<6>; Decimal<8>; Decimal<9>; Decimal<12>; Decimal<18>;
    String, |text| text.capacity();
    Bytes, |bytes| bytes.0.capacity();
}

macro_rules! ordered_floats {
    ($($t:ty)*) => {$(
        impl Ordered for $t {
            #[inline(always)]
            fn order(a: Self::View<'_>, b: Self::View<'_>) -> Ordering {
                // `total_cmp` puts a NaN with a sign first; here every NaN is the same, and last.
                match (a.is_nan(), b.is_nan()) {
                    (false, false) => a.total_cmp(&b),
                    (a, b) => a.cmp(&b),
                }
            }
        }

        impl Extremum for $t {
            type Itself = Self;
            type Item = $t;

            #[inline(always)]
            fn item(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(if view.is_nan() { <$t>::NAN } else { view })
            }

            type Of<V: Data> = V;

            fn of<V: Data>(best: Option<V>) -> Result<V, String> {
                best.ok_or_else(|| OF_NOTHING.to_owned())
            }

            fn result(best: Option<$t>) -> Result<$t, String> {
                Self::of(best)
            }
        }
    )*};
}

ordered_floats! { f32 f64 }

macro_rules! ordered_tuples {
    ($($($t:ident $i:tt),+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($t: Ordered + Extremum<Item = $t>),+> Ordered for ($($t,)+) {
            #[inline]
            fn order(a: Self::View<'_>, b: Self::View<'_>) -> Ordering {
                Ordering::Equal$(.then_with(|| $t::order(a.$i, b.$i)))+
            }

            #[inline(always)]
            fn heap_bytes(&self) -> usize {
                0 $(+ Ordered::heap_bytes(&self.$i))+
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($t: Ordered + Extremum<Item = $t>),+> Extremum for ($($t,)+) {
            type Itself = Self;
            type Item = Self;

            #[inline(always)]
            fn item(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(($($t::item(view.$i)?,)+))
            }

            type Of<V: Data> = V;

            fn of<V: Data>(best: Option<V>) -> Result<V, String> {
                best.ok_or_else(|| OF_NOTHING.to_owned())
            }

            fn result(best: Option<Self>) -> Result<Self, String> {
                Self::of(best)
            }
        }
    )*};
}

ordered_tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}

/// What `min`, `max` and their like take: an [`Ordered`] value, or an option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no least and greatest value",
    label = "not an ordered type",
    note = "`min`, `max` and their like take numbers, text, bytes, times, tuples of these, and options of all"
)]
pub trait Extremum: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Extremum;
    /// The ordered type.
    type Item: Ordered;

    /// The value, if there is one.
    fn item(view: Self::View<'_>) -> Option<<Self::Item as Data>::View<'_>>;

    /// What `min_by` and `max_by` give of another value: that value, or an option of it where there
    /// may be none.
    type Of<V: Data>: Data;

    /// That result as the type says.
    fn of<V: Data>(best: Option<V>) -> Result<Self::Of<V>, String>;

    /// The result of `min` and `max` as the type says.
    fn result(best: Option<Self::Item>) -> Result<Self, String>;
}

impl<T: Ordered + Extremum<Item = T>> Extremum for Option<T> {
    type Itself = Self;
    type Item = T;

    #[inline(always)]
    fn item(view: Option<T::View<'_>>) -> Option<T::View<'_>> {
        view.and_then(T::item)
    }

    type Of<V: Data> = Option<V>;

    fn of<V: Data>(best: Option<V>) -> Result<Option<V>, String> {
        Ok(best)
    }

    fn result(best: Option<T>) -> Result<Self, String> {
        Ok(best)
    }
}

/// Whether a value replaces the best so far, and does so if it is.
#[inline(always)]
fn improve<T: Extremum>(best: &mut Option<T::Item>, value: T::View<'_>, wanted: Ordering) {
    let Some(value) = T::item(value) else { return };
    match best {
        Some(held) if T::Item::order(value, held.view()) != wanted => {}
        _ => *best = Some(T::Item::own(value)),
    }
}

macro_rules! extrema {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $wanted:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        pub struct $Name<T>(PhantomData<fn() -> T>);

        impl<T> Clone for $Name<T> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce>(_: Arg<P>) -> $Name<<DataOf<P> as Extremum>::Itself>
        where
            DataOf<P>: Extremum,
        {
            $Name(PhantomData)
        }

        impl<T: Extremum> Aggregate for $Name<T> {
            type In = T;
            type Acc = Option<T::Item>;
            type Out = T;

            fn zero(&self) -> Self::Acc {
                None
            }

            #[inline(always)]
            fn add(&self, acc: &mut Self::Acc, value: T::View<'_>) {
                improve::<T>(acc, value, $wanted);
            }

            fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
                match (&acc, &other) {
                    (_, None) => {}
                    (Some(a), Some(b)) if T::Item::order(b.view(), a.view()) != $wanted => {}
                    _ => *acc = other,
                }
            }

            fn finish(&self, acc: &Self::Acc) -> Result<T, String> {
                T::result(acc.clone())
            }

            #[inline(always)]
            fn heap_bytes(&self, acc: &Self::Acc) -> usize {
                acc.as_ref().map_or(0, T::Item::heap_bytes)
            }
        }

        impl<T: Extremum> Idempotent for $Name<T> {}
    )*};
}

extrema! {
    /// The least value in the group by the total order of [`Ordered`]; `None` does not count, and
    /// over an option the least of nothing is `None`. The column is `min_` and the field's name.
    min, Min, Ordering::Less;
    /// The greatest value in the group by the total order of [`Ordered`]; `None` does not count,
    /// and over an option the greatest of nothing is `None`. The column is `max_` and the field's
    /// name.
    max, Max, Ordering::Greater;
}
