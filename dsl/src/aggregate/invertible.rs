use super::Aggregate;

/// An aggregate from which records can be taken out again: its accumulators are a commutative group.
///
/// # Law
///
/// Subtracting undoes merging, in whatever order: for all accumulators `a` and `b`, `(a + b) - b`
/// gives what `a` gives, and so does merging `zero - b` into `a + b`. What lies between may be no
/// accumulator of any records, a count below zero for one, and need give nothing; it must not panic.
///
/// [`laws::check_invertible`](super::laws::check_invertible) looks for values that break it.
///
/// ```
/// use ouzel_dsl::{Aggregate, Arg, Invertible, sum};
///
/// let sum = sum(Arg::<f64>::new());
/// let (mut all, mut gone) = (sum.zero(), sum.zero());
/// [0.1, 1e300, 0.2].into_iter().for_each(|value| sum.add(&mut all, value));
/// sum.add(&mut gone, 1e300);
/// sum.subtract(&mut all, gone);
/// assert_eq!(sum.finish(&all), Ok(0.1 + 0.2));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take records out again",
    label = "the rows of a table come and go, and what this has merged cannot be subtracted",
    note = "counts, sums, means, variances and their like, histograms and quantiles can; `kept(..)` around any other keeps what its groups hold, so that it can too"
)]
pub trait Invertible: Aggregate {
    /// Takes another accumulator out.
    fn subtract(&self, acc: &mut Self::Acc, other: Self::Acc);
}
