use super::{Aggregate, Arg, DataOf};
use crate::data::{Data, Produce};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What [`product`] takes: an integer, or an option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no product that is the same in every order",
    label = "not an integer",
    note = "`product` takes integers and options of these: products of floats are rounded at each step"
)]
pub trait Factor: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Factor;
    /// The type of the product.
    type Out: Data;

    /// The sign and the magnitude, if there is a value.
    fn factor(view: Self::View<'_>) -> Option<(bool, u64)>;

    /// The product from sign and magnitude, if it fits.
    fn product(negative: bool, magnitude: u128) -> Option<Self::Out>;
}

/// The product of a value. See [`product`].
pub struct Product<T>(PhantomData<fn() -> T>);

impl<T> Clone for Product<T> {
    fn clone(&self) -> Self {
        Product(PhantomData)
    }
}

/// The product of integers over the group's records; `None` is no factor, and the product of
/// nothing is 1.
///
/// It gives `i64`, of unsigned integers `u64`; a product that does not fit fails the job, whatever
/// the order of the records: zeros are held apart from what is multiplied, and without them no
/// factor makes a product smaller. Floats have no such product. In a job, `product(|r| r.factor)`.
/// The column is `product_` and the field's name. It takes 48 bytes for each group.
///
/// ```
/// use ouzel_dsl::{Arg, laws, product};
///
/// let product = product(Arg::<i64>::new());
/// assert_eq!(laws::result(&product, &[-3, 5])?, -15);
/// assert_eq!(laws::result(&product, &[i64::MAX, i64::MAX, i64::MAX, 0])?, 0);
/// assert!(laws::result(&product, &[i64::MAX, 2]).is_err());
/// # Ok::<(), String>(())
/// ```
pub fn product<P: Produce>(_: Arg<P>) -> Product<<DataOf<P> as Factor>::Itself>
where
    DataOf<P>: Factor,
{
    Product(PhantomData)
}

/// A product, apart from its zeros.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProductOf {
    zero: bool,
    negative: bool,
    /// None where it does not fit, and never will again.
    magnitude: Option<u128>,
}

impl<T: Factor> Aggregate for Product<T> {
    type In = T;
    type Acc = ProductOf;
    type Out = T::Out;

    fn zero(&self) -> ProductOf {
        ProductOf { zero: false, negative: false, magnitude: Some(1) }
    }

    #[inline]
    fn add(&self, acc: &mut ProductOf, value: T::View<'_>) {
        match T::factor(value) {
            None => {}
            Some((_, 0)) => acc.zero = true,
            Some((negative, factor)) => {
                acc.negative ^= negative;
                acc.magnitude = acc.magnitude.and_then(|held| held.checked_mul(factor.into()));
            }
        }
    }

    fn merge(&self, acc: &mut ProductOf, other: ProductOf) {
        acc.zero |= other.zero;
        acc.negative ^= other.negative;
        let both = acc.magnitude.zip(other.magnitude);
        acc.magnitude = both.and_then(|(a, b)| a.checked_mul(b));
    }

    fn finish(&self, acc: &ProductOf) -> Result<T::Out, String> {
        let product = match acc.zero {
            true => T::product(false, 0),
            false => acc.magnitude.and_then(|magnitude| T::product(acc.negative, magnitude)),
        };
        product.ok_or_else(|| "the product does not fit an integer of 64 bits".to_owned())
    }
}

macro_rules! factors {
    ($($t:ty: $out:ty;)*) => {$(
        impl Factor for $t {
            type Itself = Self;
            type Out = $out;

            #[inline(always)]
            fn factor(view: $t) -> Option<(bool, u64)> {
                let wide = i128::from(view);
                Some((wide < 0, wide.unsigned_abs() as u64))
            }

            fn product(negative: bool, magnitude: u128) -> Option<$out> {
                let magnitude = i128::try_from(magnitude).ok()?;
                <$out>::try_from(if negative { -magnitude } else { magnitude }).ok()
            }
        }
    )*};
}

factors! {
    i8: i64; i16: i64; i32: i64; i64: i64;
    u8: u64; u16: u64; u32: u64; u64: u64;
}

impl<T: Factor> Factor for Option<T> {
    type Itself = Self;
    type Out = T::Out;

    #[inline(always)]
    fn factor(view: Option<T::View<'_>>) -> Option<(bool, u64)> {
        view.and_then(T::factor)
    }

    fn product(negative: bool, magnitude: u128) -> Option<T::Out> {
        T::product(negative, magnitude)
    }
}
