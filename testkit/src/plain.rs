//! What plain twins are made of: the same words as in the contract, written to be read.

use ouzel::{Span, Timestamp, Window};

/// Each record of a partition with its *seen*: the greatest event time up to and including it.
pub fn with_seen<T>(
    partition: Vec<T>,
    time: impl Fn(&T) -> Timestamp,
) -> impl Iterator<Item = (T, Timestamp)> {
    let mut seen = Timestamp::from_micros(i64::MIN);
    partition.into_iter().map(move |record| {
        seen = seen.max(time(&record));
        (record, seen)
    })
}

/// The windows of length `size`, one from every multiple of `every`, that hold a time; none if any
/// of them would begin or end beyond the range of time, since such a record is an error.
pub fn windows(time: Timestamp, size: Span, every: Span) -> Vec<Window> {
    let [time, size, every] = [time.micros(), size.micros(), every.micros()].map(i128::from);
    let nearest = time.div_euclid(every);
    let starts = (nearest - size / every - 1..=nearest + 1).map(|n| n * every);
    let micros = |n: i128| i64::try_from(n).ok().map(Timestamp::from_micros);
    starts
        .filter(|start| *start <= time && time < start + size)
        .map(|start| Some(Window { start: micros(start)?, end: micros(start + size)? }))
        .collect::<Option<_>>()
        .unwrap_or_default()
}

/// Whether a record that has seen so much is late for a window.
pub fn is_late(window: Window, lateness: Span, seen: Timestamp) -> bool {
    let [end, lateness, seen] = [window.end.micros(), lateness.micros(), seen.micros()];
    i128::from(end) + i128::from(lateness) <= i128::from(seen)
}

/// The exact sum of floats, rounded once (Shewchuk, "Adaptive Precision Floating-Point
/// Arithmetic", 1997, as in Python's `math.fsum`). Finite sums must stay below 2^1023.
pub fn exact_sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut parts, mut special) = (Vec::<f64>::new(), None::<f64>);
    for value in values {
        if !value.is_finite() {
            special = Some(special.unwrap_or(0.0) + value);
            continue;
        }
        let (mut x, mut kept) = (value, 0);
        for i in 0..parts.len() {
            let mut y = parts[i];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        parts.truncate(kept);
        parts.push(x);
    }
    if let Some(special) = special {
        return if special.is_nan() { f64::NAN } else { special };
    }
    let Some(mut high) = parts.pop() else { return 0.0 };
    while let Some(part) = parts.pop() {
        let x = high;
        high = x + part;
        let low = part - (high - x);
        if low != 0.0 {
            // Half-way cases are rounded by what lies below.
            if parts.last().is_some_and(|below| (*below < 0.0) == (low < 0.0)) {
                let twice = low * 2.0;
                let nearer = high + twice;
                if nearer - high == twice {
                    high = nearer;
                }
            }
            break;
        }
    }
    // A sum that is nothing has no sign.
    high + 0.0
}
