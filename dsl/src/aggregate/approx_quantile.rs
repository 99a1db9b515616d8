use super::{Aggregate, Approx, Arg, DataOf, Invertible, Measure};
use crate::data::Produce;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// About the value at a quantile. See [`approx_quantile`].
pub struct ApproxQuantile<T>(f64, PhantomData<fn() -> T>);

impl<T> Clone for ApproxQuantile<T> {
    fn clone(&self) -> Self {
        ApproxQuantile(self.0, PhantomData)
    }
}

/// About the value at a quantile of the group's records, which is from 0 to 1: the median at 0.5.
///
/// The result is an `Option` of an [`Approx`], and within one per cent of the value that stands
/// there if all are sorted, NaN last: the one after `q * (n - 1)` others, rounded down. `None` does
/// not count, and nothing has no quantiles. In a job, `approx_quantile(0.99, |f| f.dep_delay)`. The
/// column is `approx_quantile_` and the field's name. For several quantiles
/// [`approx_quantiles`] keeps one sketch.
///
/// A group takes about 20 bytes for each 1/64 part of a power of two that has values in it: some
/// hundreds where they are of a few orders of magnitude. It is a DDSketch (Masson, Rim and Lee,
/// "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", 2019)
/// whose buckets are the doubles that share their first bits, so that no logarithm is taken, and
/// which drops none. Sketches merge to what one of all records would be.
///
/// ```
/// use ouzel_dsl::{Approx, Arg, approx_quantile, laws};
///
/// let delays = [3.0, 9.0, 14.0, 200.0];
/// let median: Option<Approx<f64>> =
///     laws::result(&approx_quantile(0.5, Arg::<f64>::new()), &delays)?;
/// # Ok::<(), String>(())
/// ```
pub fn approx_quantile<P: Produce>(
    q: f64,
    _: Arg<P>,
) -> ApproxQuantile<<DataOf<P> as Measure>::Itself>
where
    DataOf<P>: Measure,
{
    ApproxQuantile(q, PhantomData)
}

/// About the values at several quantiles. See [`approx_quantiles`].
pub struct ApproxQuantiles<T>(Arc<[f64]>, PhantomData<fn() -> T>);

impl<T> Clone for ApproxQuantiles<T> {
    fn clone(&self) -> Self {
        ApproxQuantiles(self.0.clone(), PhantomData)
    }
}

/// About the values at several quantiles of the group's records, in the order in which they are
/// asked for. See [`approx_quantile`]; of nothing the list is empty.
///
/// In a job, `approx_quantiles([0.5, 0.9, 0.99], |f| f.dep_delay)`.
///
/// ```
/// use ouzel_dsl::{Arg, approx_quantiles, laws};
///
/// let delays = [3.0, 9.0, 14.0, 200.0];
/// let quantiles = approx_quantiles([0.5, 0.99], Arg::<f64>::new());
/// assert_eq!(laws::result(&quantiles, &delays)?.len(), 2);
/// # Ok::<(), String>(())
/// ```
pub fn approx_quantiles<P: Produce>(
    quantiles: impl IntoIterator<Item = f64>,
    _: Arg<P>,
) -> ApproxQuantiles<<DataOf<P> as Measure>::Itself>
where
    DataOf<P>: Measure,
{
    ApproxQuantiles(quantiles.into_iter().collect(), PhantomData)
}

impl<T: Measure> Aggregate for ApproxQuantile<T> {
    type In = T;
    type Acc = Sketch;
    type Out = Option<Approx<f64>>;

    fn zero(&self) -> Sketch {
        Sketch::default()
    }

    #[inline]
    fn add(&self, acc: &mut Sketch, value: T::View<'_>) {
        acc.add::<T>(value);
    }

    fn merge(&self, acc: &mut Sketch, other: Sketch) {
        acc.merge(other);
    }

    fn finish(&self, acc: &Sketch) -> Result<Self::Out, String> {
        Ok(acc.quantile(self.0).map(Approx::new))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Sketch) -> usize {
        acc.heap_bytes()
    }

    fn check(&self) -> Result<(), String> {
        quantile(self.0)
    }
}

impl<T: Measure> Aggregate for ApproxQuantiles<T> {
    type In = T;
    type Acc = Sketch;
    type Out = Vec<Approx<f64>>;

    fn zero(&self) -> Sketch {
        Sketch::default()
    }

    #[inline]
    fn add(&self, acc: &mut Sketch, value: T::View<'_>) {
        acc.add::<T>(value);
    }

    fn merge(&self, acc: &mut Sketch, other: Sketch) {
        acc.merge(other);
    }

    fn finish(&self, acc: &Sketch) -> Result<Self::Out, String> {
        let values = self.0.iter().filter_map(|q| acc.quantile(*q));
        Ok(values.map(Approx::new).collect())
    }

    #[inline]
    fn heap_bytes(&self, acc: &Sketch) -> usize {
        acc.heap_bytes()
    }

    fn check(&self) -> Result<(), String> {
        self.0.iter().try_for_each(|q| quantile(*q))
    }
}

impl<T: Measure> Invertible for ApproxQuantile<T> {
    fn subtract(&self, acc: &mut Sketch, other: Sketch) {
        acc.subtract(other);
    }
}

impl<T: Measure> Invertible for ApproxQuantiles<T> {
    fn subtract(&self, acc: &mut Sketch, other: Sketch) {
        acc.subtract(other);
    }
}

/// Whether a number is a quantile.
fn quantile(q: f64) -> Result<(), String> {
    match q {
        0.0..=1.0 => Ok(()),
        _ => Err(format!("a quantile is a number from 0 to 1, and not {q}")),
    }
}

/// How many values there are in each bucket of doubles.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sketch {
    values: u64,
    buckets: BTreeMap<i32, u64>,
}

/// A bucket's number is the sign, the exponent and six bits of the fraction: an order of 64 parts
/// for each power of two, the middle of which is within 1/128 of all that is in it.
const BUCKET_SHIFT: u32 = 52 - 6;
const INFINITE: i32 = 0x7FF << 6;
/// After all others.
const NAN: i32 = INFINITE + 1;

impl Sketch {
    #[inline]
    fn add<T: Measure>(&mut self, view: T::View<'_>) {
        let Some(value) = T::approximate(view) else { return };
        self.count(bucket(value), 1);
    }

    fn merge(&mut self, other: Sketch) {
        other.buckets.into_iter().for_each(|(bucket, values)| self.count(bucket, values));
    }

    fn subtract(&mut self, other: Sketch) {
        let negated = other.buckets.into_iter().map(|(b, values)| (b, values.wrapping_neg()));
        negated.for_each(|(bucket, values)| self.count(bucket, values));
    }

    #[inline]
    fn count(&mut self, bucket: i32, values: u64) {
        self.values = self.values.wrapping_add(values);
        let held = self.buckets.entry(bucket).or_insert(0);
        *held = held.wrapping_add(values);
        if *held == 0 {
            self.buckets.remove(&bucket);
        }
    }

    fn quantile(&self, q: f64) -> Option<f64> {
        let before = (q * self.values.saturating_sub(1) as f64) as u64;
        let mut values = 0;
        let reached = self.buckets.iter().find(|(_, count)| {
            values += **count;
            values > before
        });
        reached.map(|(bucket, _)| middle(*bucket))
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        // A number and a count, and nodes that are not full.
        self.buckets.len() * 20
    }
}

#[inline]
fn bucket(value: f64) -> i32 {
    if value.is_nan() {
        return NAN;
    }
    let magnitude = (value.abs().to_bits() >> BUCKET_SHIFT) as i32;
    if value < 0.0 { -magnitude } else { magnitude }
}

/// The middle of a bucket. What is nearer to zero than 1e-309 counts as zero.
fn middle(bucket: i32) -> f64 {
    let magnitude = match bucket.abs() {
        0 => 0.0,
        INFINITE => f64::INFINITY,
        NAN.. => f64::NAN,
        within => f64::from_bits((within as u64) << BUCKET_SHIFT | 1 << (BUCKET_SHIFT - 1)),
    };
    if bucket < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.add::<f64>(*value));
        sketch
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_hundredth(
            mut values in vec(prop_oneof![any::<f64>(), -9.0f64..9.0], 1..40),
            q in 0.0f64..=1.0,
        ) {
            let found = sketch(&values).quantile(q).unwrap();
            let order = |x: &f64| (x.is_nan(), if x.is_nan() { 0.0 } else { *x });
            values.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap());
            let exact = values[(q * (values.len() - 1) as f64) as usize];
            let near = (found - exact).abs() <= exact.abs() / 100.0 || exact.abs() < 1e-306;
            prop_assert!(near || found == exact || (found.is_nan() && exact.is_nan()), "{found} for {exact}");
        }
    }

    #[test]
    fn edges_are_themselves() {
        for value in [0.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(sketch(&[value]).quantile(0.5), Some(value));
        }
        assert!(sketch(&[f64::NAN]).quantile(1.0).unwrap().is_nan());
        assert_eq!(sketch(&[]).quantile(0.5), None);
        assert_eq!(sketch(&[-0.0]).quantile(0.5).map(f64::to_bits), Some(0));
    }
}
