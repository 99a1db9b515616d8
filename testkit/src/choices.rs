//! The choices that drawn records are made of: made at random, kept, and made again.

use crate::shrink::Made;
use ouzel::data::{Draw, zigzag};
use ouzel::private::Random;

/// The choices that one record was made of.
pub(crate) type Choices = Vec<u64>;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// Makes choices at random, and keeps them. Times follow a clock, one for each partition.
pub(crate) struct Fresh<'a> {
    pub random: &'a mut Random,
    pub clock: &'a mut i64,
    pub made: Choices,
}

impl Draw for Fresh<'_> {
    fn choose(&mut self, most: u64) -> u64 {
        let choice = match most {
            u64::MAX => self.random.draw(),
            most => self.random.draw() % (most + 1),
        };
        self.made.push(choice);
        choice
    }

    /// Most times are some minutes after the one before. Some are the same, before it, hours later,
    /// or at the very edge of an hour.
    fn time(&mut self) -> i64 {
        let below = |random: &mut Random, n: usize| random.upto(n) as i64 - 1;
        let time = match self.random.draw() % 10 {
            0 | 1 => *self.clock,
            // Before it, and the clock stays where it is.
            2 => *self.clock - 5 * below(self.random, 30) * MINUTE,
            3 => {
                *self.clock += (1 + below(self.random, 4)) * HOUR;
                *self.clock
            }
            4 => {
                let hour = (self.clock.div_euclid(HOUR) + below(self.random, 2)) * HOUR;
                let time = hour + below(self.random, 3) - 1;
                *self.clock = time.max(*self.clock);
                time
            }
            _ => {
                *self.clock += 5 * below(self.random, 5) * MINUTE;
                *self.clock
            }
        };
        // As it is, and not how it came about: that a record is taken out changes no other.
        self.made.push(unsigned(time));
        time
    }
}

/// Makes choices again; what is not there any more is chosen as plainly as can be.
pub(crate) struct Again<'a>(pub std::slice::Iter<'a, u64>);

impl Draw for Again<'_> {
    fn choose(&mut self, most: u64) -> u64 {
        let choice = self.0.next().copied().unwrap_or(0);
        if most == u64::MAX { choice } else { choice % (most + 1) }
    }

    fn time(&mut self) -> i64 {
        zigzag(self.0.next().copied().unwrap_or(0))
    }
}

/// What [`zigzag`] makes the number of.
fn unsigned(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

impl Made for Choices {
    fn numbers(&mut self) -> &mut [u64] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel::{Data, Date, Decimal, Timestamp};

    type All = (
        (bool, i8, i64, u16, u64, f32, f64),
        (String, ouzel::Bytes, Timestamp, Date, Decimal<4>),
        (Option<i64>, Vec<Option<String>>, (), ouzel::Windowed<()>, ouzel::Approx<f64>),
    );

    fn drawn(random: &mut Random, clock: &mut i64) -> (All, Choices) {
        let mut fresh = Fresh { random, clock, made: Choices::new() };
        let all = All::draw(&mut fresh);
        (all, fresh.made)
    }

    #[test]
    fn choices_that_are_made_again_give_the_same() {
        let bytes = |all: &All| {
            let mut out = Vec::new();
            All::store(all.view(), &mut out);
            out
        };
        let (mut random, mut clock) = (Random(7), 0);
        for _ in 0..1_000 {
            let (all, choices) = drawn(&mut random, &mut clock);
            let again = All::draw(&mut Again(choices.iter()));
            assert_eq!(bytes(&all), bytes(&again), "{choices:?}");
            // Others are good for something too.
            for cut in 0..choices.len() {
                All::draw(&mut Again(choices[cut..].iter()));
            }
        }
    }

    #[test]
    fn edges_ties_and_disorder_are_among_what_is_drawn() {
        let (mut random, mut clock) = (Random(1), 0);
        let all: Vec<_> = (0..1_000).map(|_| drawn(&mut random, &mut clock).0).collect();
        let has = |what: &dyn Fn(&All) -> bool| all.iter().any(what);
        assert!(has(&|a| a.0.2 == i64::MIN) && has(&|a| a.0.4 == u64::MAX));
        assert!(has(&|a| a.0.6.is_nan()) && has(&|a| a.0.6 == 0.0 && a.0.6.is_sign_negative()));
        assert!(
            has(&|a| a.1.0.is_empty()) && has(&|a| a.2.0.is_none()) && has(&|a| a.2.1.len() > 2)
        );
        let small = all.iter().filter(|a| (-5..5).contains(&a.0.2)).count();
        assert!(small > 700, "{small}");
        let times: Vec<_> = all.iter().map(|a| a.1.2).collect();
        let pairs = |how: fn(Timestamp, Timestamp) -> bool| {
            times.windows(2).filter(|pair| how(pair[0], pair[1])).count()
        };
        let (ties, back) = (pairs(|a, b| a == b), pairs(|a, b| a > b));
        assert!(ties > 50 && back > 50 && ties + back < 700, "{ties}, {back}");
    }
}
