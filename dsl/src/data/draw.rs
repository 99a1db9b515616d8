//! Drawing values: what property tests are fed with.
//!
//! A value is made of small choices, each a number of which 0 is the plainest. So whoever keeps the
//! choices can make the value again, and a plainer one by lowering them (MacIver and Donaldson,
//! "Test-Case Reduction via Test-Case Generation: Insights from the Hypothesis Reducer", 2020).
//! Values are few, so that they meet again as keys and ties, with the edges of their type among
//! them.

use crate::{Date, Decimal, Timestamp};

/// Makes the choices that a drawn value is made of.
pub trait Draw {
    /// A number from 0 to `most`.
    fn choose(&mut self, most: u64) -> u64;

    /// A time in microseconds since 1970. Those of one partition should be close to each other,
    /// mostly in order, with ties.
    fn time(&mut self) -> i64 {
        let minutes = zigzag(self.choose(480));
        minutes * 60_000_000
    }
}

/// 0, -1, 1, -2, 2 and so on.
pub fn zigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

/// A value that is drawn by its type alone.
pub(crate) trait Drawn {
    fn drawn(source: &mut dyn Draw) -> Self;
}

/// One of several, the plainest first.
pub(crate) fn one_of<T: Copy>(all: &[T], source: &mut dyn Draw) -> T {
    all[source.choose(all.len() as u64 - 1) as usize]
}

/// An integer within its type's range: mostly a small one.
fn integer(least: i128, most: i128, source: &mut dyn Draw) -> i128 {
    match source.choose(11) {
        10 => one_of(&[most, least, most - 1, least + 1], source),
        11 => {
            let any = i128::from(zigzag(source.choose(u64::MAX)));
            if (least..=most).contains(&any) { any } else { any.rem_euclid(most + 1) }
        }
        kind => {
            // Half of all are one of three, so that they meet again.
            let small = i128::from(zigzag(source.choose(if kind < 6 { 2 } else { 9 })));
            if small < least { -small } else { small }
        }
    }
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Drawn for $t {
            fn drawn(source: &mut dyn Draw) -> $t {
                integer(<$t>::MIN.into(), <$t>::MAX.into(), source) as $t
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl Drawn for f64 {
    fn drawn(source: &mut dyn Draw) -> f64 {
        const EDGES: &[f64] = &[
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.1,
            1e16,
            1e300,
            -1e300,
            f64::MIN_POSITIVE,
            5e-324,
            -f64::NAN,
        ];
        match source.choose(9) {
            7 | 8 => one_of(EDGES, source),
            9 => zigzag(source.choose(u64::MAX)) as f64 / 7.0,
            _ => zigzag(source.choose(80)) as f64 / 8.0,
        }
    }
}

impl Drawn for f32 {
    fn drawn(source: &mut dyn Draw) -> f32 {
        f64::drawn(source) as f32
    }
}

impl Drawn for bool {
    fn drawn(source: &mut dyn Draw) -> bool {
        source.choose(1) == 1
    }
}

impl Drawn for Timestamp {
    fn drawn(source: &mut dyn Draw) -> Timestamp {
        Timestamp::from_micros(source.time())
    }
}

impl Drawn for Date {
    /// Around 1970; the edges are a leap day and the ends of four-digit years.
    fn drawn(source: &mut dyn Draw) -> Date {
        Date::from_days(match source.choose(7) {
            7 => one_of(&[18_321, 2_932_896, -719_162], source),
            _ => zigzag(source.choose(9)) as i32,
        })
    }
}

impl<const SCALE: u8> Drawn for Decimal<SCALE> {
    fn drawn(source: &mut dyn Draw) -> Decimal<SCALE> {
        const MOST: i128 = 10i128.pow(38) - 1;
        Decimal::from_units(integer(-MOST, MOST, source))
    }
}

impl Drawn for String {
    /// Short texts: blanks, what has to be quoted, one text in two forms of Unicode.
    fn drawn(source: &mut dyn Draw) -> String {
        const KNOWN: &[&str] =
            &["a", "b", "", "ab", "a b", "é", "e\u{301}", "日本", "\u{0}", "\"\\\n", ",;\t", "🐦"];
        match source.choose(9) {
            0..5 => one_of(&KNOWN[..2], source).to_owned(),
            9 => {
                let length = source.choose(4);
                let letter = |source: &mut dyn Draw| source.choose(0x2FF) as u32;
                (0..length).filter_map(|_| char::from_u32(letter(source))).collect()
            }
            _ => one_of(KNOWN, source).to_owned(),
        }
    }
}

/// How long a drawn list is.
pub(crate) fn length(source: &mut dyn Draw) -> u64 {
    source.choose(4).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always the same choice, as far as there is one.
    struct Same(u64);

    impl Draw for Same {
        fn choose(&mut self, most: u64) -> u64 {
            self.0.min(most)
        }
    }

    #[test]
    fn the_plainest_choices_give_the_plainest_values() {
        let source = &mut Same(0);
        assert_eq!((i64::drawn(source), u8::drawn(source)), (0, 0));
        assert_eq!(f64::drawn(source).to_bits(), 0);
        assert_eq!((String::drawn(source).as_str(), bool::drawn(source)), ("a", false));
        assert_eq!(Timestamp::drawn(source), Timestamp::from_micros(0));
        assert_eq!(Date::drawn(source), Date::from_days(0));
    }

    #[test]
    fn integers_stay_within_their_types() {
        for first in 0..=11 {
            for second in (0..12).chain([u64::MAX]) {
                struct Two(Vec<u64>);
                impl Draw for Two {
                    fn choose(&mut self, most: u64) -> u64 {
                        self.0.pop().unwrap_or(0).min(most)
                    }
                }
                for (least, most) in [(0, 255), (i64::MIN.into(), i64::MAX.into())] {
                    let n = integer(least, most, &mut Two(vec![second, first]));
                    assert!((least..=most).contains(&n), "{n}");
                }
            }
        }
    }
}
