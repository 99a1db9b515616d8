//! Decimal numbers with a fixed number of digits after the point.

use std::fmt;
use std::str::FromStr;

/// A decimal number with `SCALE` digits after the point and at most 38 in all.
///
/// ```
/// use ouzel_dsl::Decimal;
/// let price: Decimal<2> = "-3.50".parse()?;
/// assert_eq!(price.units(), -350);
/// assert_eq!(price.to_string(), "-3.50");
/// # Ok::<(), String>(())
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Decimal<const SCALE: u8>(i128);

/// The largest number of 38 digits.
const UNITS_MAX: u128 = 10u128.pow(38) - 1;

impl<const SCALE: u8> Decimal<SCALE> {
    /// From units of the last digit: 350 is 3.50 where `SCALE` is 2.
    pub const fn from_units(units: i128) -> Self {
        const { assert!(SCALE <= 38, "a decimal has at most 38 digits") };
        Decimal(units)
    }

    /// The number in units of its last digit.
    pub const fn units(self) -> i128 {
        self.0
    }
}

impl<const SCALE: u8> FromStr for Decimal<SCALE> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        decimal_units(text, SCALE).map(Decimal::from_units)
    }
}

/// Reads a decimal number as units of its last digit, where the number of digits after the point
/// is known only at run time.
pub fn decimal_units(text: &str, scale: u8) -> Result<i128, String> {
    let wrong = || format!("{text:?} is not a decimal with at most {scale} digits after the point");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.len() + fraction.len() == 0 && !digits.contains('0')
        || fraction.len() > usize::from(scale)
    {
        return Err(wrong());
    }
    let mut units: u128 = 0;
    let padding = std::iter::repeat_n(b'0', usize::from(scale) - fraction.len());
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        if !digit.is_ascii_digit() {
            return Err(wrong());
        }
        units = units
            .checked_mul(10)
            .map(|u| u + u128::from(digit - b'0'))
            .filter(|u| *u <= UNITS_MAX)
            .ok_or_else(|| format!("{text:?} has more than 38 digits"))?;
    }
    let units = units as i128;
    Ok(if negative { -units } else { units })
}

impl<const SCALE: u8> fmt::Display for Decimal<SCALE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let one = 10u128.pow(u32::from(SCALE));
        let (whole, fraction) = (self.0.unsigned_abs() / one, self.0.unsigned_abs() % one);
        match SCALE {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction:0width$}", width = SCALE.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_has_few_enough_digits() {
        for (text, units) in [
            ("1", 100),
            ("1.", 100),
            (".5", 50),
            ("+0.05", 5),
            ("-0.05", -5),
            ("-0", 0),
            ("1.2300", 123),
            ("00012.3", 1230),
        ] {
            assert_eq!(text.parse(), Ok(Decimal::<2>::from_units(units)), "{text}");
        }
        for text in ["", ".", "-", "+", "1.234", "1,5", "1e3", "1.2.3", " 1", "--1", "1.x0", "NaN"]
        {
            assert!(text.parse::<Decimal<2>>().is_err(), "{text}");
        }
    }

    #[test]
    fn holds_38_digits_and_no_more() {
        let most = "9".repeat(38);
        assert_eq!(most.parse::<Decimal<0>>().unwrap().to_string(), most);
        assert!(format!("1{most}").parse::<Decimal<0>>().is_err());
        let small = format!("-0.{most}");
        assert_eq!(small.parse::<Decimal<38>>().unwrap().to_string(), small);
        assert!("1".parse::<Decimal<38>>().is_err());
        assert_eq!(Decimal::<0>::from_units(-7).to_string(), "-7");
        assert_eq!(Decimal::<3>::from_units(-7).to_string(), "-0.007");
    }
}
