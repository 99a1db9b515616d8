//! Kinds of joins: what is given of pairs, and of records that meet none.

use ouzel_dsl::Data;

/// A kind of join.
pub trait Kind<L: Data, R: Data>: Send + Sync + 'static {
    /// What it gives.
    type Out: Data;
    /// Whether it gives every pair.
    const PAIRS: bool;
    /// Whether it gives each left record once that has met another.
    const MATCHED: bool;
    /// Whether it gives records of each side that have met none.
    const ALONE: [bool; 2];
    /// Whether it needs to know which records have met another.
    const MARKS: bool = Self::MATCHED || Self::ALONE[0] || Self::ALONE[1];

    /// What it gives of a pair or of a record alone.
    fn row<'a>(
        left: Option<L::View<'a>>,
        right: Option<R::View<'a>>,
    ) -> Option<<Self::Out as Data>::View<'a>>;
}

/// Every pair.
pub struct Inner;

impl<L: Data, R: Data> Kind<L, R> for Inner {
    type Out = (L, R);
    const PAIRS: bool = true;
    const MATCHED: bool = false;
    const ALONE: [bool; 2] = [false, false];

    fn row<'a>(
        left: Option<L::View<'a>>,
        right: Option<R::View<'a>>,
    ) -> Option<(L::View<'a>, R::View<'a>)> {
        left.zip(right)
    }
}

/// Every pair, and left records alone.
pub struct Left;

impl<L: Data, R: Data> Kind<L, R> for Left {
    type Out = (L, Option<R>);
    const PAIRS: bool = true;
    const MATCHED: bool = false;
    const ALONE: [bool; 2] = [true, false];

    fn row<'a>(
        left: Option<L::View<'a>>,
        right: Option<R::View<'a>>,
    ) -> Option<(L::View<'a>, Option<R::View<'a>>)> {
        Some((left?, right))
    }
}

/// Every pair, and records of both sides alone.
pub struct Full;

impl<L: Data, R: Data> Kind<L, R> for Full {
    type Out = (Option<L>, Option<R>);
    const PAIRS: bool = true;
    const MATCHED: bool = false;
    const ALONE: [bool; 2] = [true, true];

    fn row<'a>(
        left: Option<L::View<'a>>,
        right: Option<R::View<'a>>,
    ) -> Option<(Option<L::View<'a>>, Option<R::View<'a>>)> {
        Some((left, right))
    }
}

/// Left records that meet another.
pub struct Semi;

impl<L: Data, R: Data> Kind<L, R> for Semi {
    type Out = L;
    const PAIRS: bool = false;
    const MATCHED: bool = true;
    const ALONE: [bool; 2] = [false, false];

    fn row<'a>(left: Option<L::View<'a>>, _: Option<R::View<'a>>) -> Option<L::View<'a>> {
        left
    }
}

/// Left records that meet none.
pub struct Anti;

impl<L: Data, R: Data> Kind<L, R> for Anti {
    type Out = L;
    const PAIRS: bool = false;
    const MATCHED: bool = false;
    const ALONE: [bool; 2] = [true, false];

    fn row<'a>(left: Option<L::View<'a>>, _: Option<R::View<'a>>) -> Option<L::View<'a>> {
        left
    }
}
