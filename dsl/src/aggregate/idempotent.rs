use super::Aggregate;

/// An aggregate that does not see whether a record came once or twice: its accumulators are a
/// semilattice.
///
/// # Law
///
/// For all accumulators `a`, `a + a` gives what `a` gives, whatever is merged before and after.
///
/// [`laws::check_idempotent`](super::laws::check_idempotent) looks for values that break it.
///
/// ```
/// use ouzel_dsl::{Arg, Idempotent, count_distinct, laws, max};
///
/// fn twice<A: Idempotent>(aggregate: A, values: &[A::In]) -> Result<(), String> {
///     laws::check_idempotent(&aggregate, values)
/// }
///
/// twice(max(Arg::<i64>::new()), &[3, 1])?;
/// twice(count_distinct(Arg::<i64>::new()), &[3, 1])?;
/// # Ok::<(), String>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` counts a record as often as it comes",
    label = "not idempotent",
    note = "`min`, `max`, `any`, `all`, `count_distinct`, `collect_set`, `approx_count_distinct`, `first`, `last` and their like are"
)]
pub trait Idempotent: Aggregate {}
