use crate::data::Data;

/// What `count_if`, `any`, `all` and `filtered` take: `bool`, or an option of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "neither true nor false",
    note = "`count_if`, `any`, `all` and `filtered` take `bool` and `Option<bool>`"
)]
pub trait Condition: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Condition;

    /// Whether it is true or false, if there is a value.
    fn holds(view: Self::View<'_>) -> Option<bool>;
}

impl Condition for bool {
    type Itself = Self;

    #[inline(always)]
    fn holds(view: bool) -> Option<bool> {
        Some(view)
    }
}

impl Condition for Option<bool> {
    type Itself = Self;

    #[inline(always)]
    fn holds(view: Option<bool>) -> Option<bool> {
        view
    }
}
