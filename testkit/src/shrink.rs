//! Makes an input that shows a fault smaller, as long as it still shows it.
//!
//! Records are taken out of each partition, more at once and then fewer (delta debugging: Zeller and
//! Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), then partitions are taken
//! out and put together, then the numbers that records are made of are lowered, those that are the
//! same at once, since ties and keys must often stay the same; all of it again until nothing helps.
//! The order is fixed, so that the same input leads to the same smallest one.

use std::collections::BTreeSet;

/// Records by input, partition and place.
pub(crate) type Records<R> = Vec<Vec<Vec<R>>>;

/// How many records there are.
pub(crate) fn count<R>(records: &Records<R>) -> usize {
    records.iter().flatten().map(Vec::len).sum()
}

/// What an input is made of.
pub(crate) trait Made: Clone {
    /// The numbers that it is made of, which can be lowered to make it plainer.
    fn numbers(&mut self) -> &mut [u64];
}

/// The smallest input found, after no more than `tries` tries. `fails` says whether one still shows
/// the fault.
pub(crate) fn smallest<R: Made>(
    records: Records<R>,
    tries: usize,
    fails: &mut dyn FnMut(&Records<R>) -> bool,
) -> Records<R> {
    let mut shrink = Shrink { records, tries, fails };
    while shrink.round() {}
    shrink.records
}

/// Numbers less than one, from 0 on, each half as far from it as the one before.
pub(crate) fn lesser(n: u64) -> impl Iterator<Item = u64> {
    let halves = std::iter::successors(Some(n), |step| Some(step / 2));
    halves.take_while(|step| *step > 0).map(move |step| n - step)
}

struct Shrink<'a, R> {
    /// The smallest so far.
    records: Records<R>,
    tries: usize,
    fails: &'a mut dyn FnMut(&Records<R>) -> bool,
}

impl<R: Made> Shrink<'_, R> {
    /// Tries everything once; whether anything helped.
    fn round(&mut self) -> bool {
        let mut helped = false;
        for (input, partition) in self.places() {
            helped |= self.take_records(input, partition);
        }
        for input in 0..self.records.len() {
            helped |= self.take_partitions(input);
        }
        for input in 0..self.records.len() {
            helped |= self.lower_together(input);
        }
        for (input, partition) in self.places() {
            helped |= self.lower_alone(input, partition);
        }
        helped
    }

    fn places(&self) -> Vec<(usize, usize)> {
        let inputs = self.records.iter().enumerate();
        inputs.flat_map(|(i, partitions)| (0..partitions.len()).map(move |p| (i, p))).collect()
    }

    /// Goes on with a change if it still shows the fault.
    fn attempt(&mut self, change: impl FnOnce(&mut Records<R>)) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let mut changed = self.records.clone();
        change(&mut changed);
        let fails = (self.fails)(&changed);
        if fails {
            self.records = changed;
        }
        fails
    }

    /// Takes out all records of a partition, then halves, then quarters, down to single ones.
    fn take_records(&mut self, input: usize, partition: usize) -> bool {
        let mut helped = false;
        let mut size = self.records[input][partition].len();
        while size > 0 {
            let mut at = 0;
            while at < self.records[input][partition].len() {
                let end = (at + size).min(self.records[input][partition].len());
                let taken = self.attempt(|all| drop(all[input][partition].drain(at..end)));
                helped |= taken;
                at += if taken { 0 } else { size };
            }
            size /= 2;
        }
        helped
    }

    /// Takes out partitions, or puts what they hold into the one before.
    fn take_partitions(&mut self, input: usize) -> bool {
        let mut helped = false;
        for partition in (0..self.records[input].len()).rev() {
            let gone = self.attempt(|all| drop(all[input].remove(partition)));
            let moved = !gone
                && partition > 0
                && self.attempt(|all| {
                    let rows = all[input].remove(partition);
                    all[input][partition - 1].extend(rows);
                });
            helped |= gone || moved;
        }
        helped
    }

    /// Lowers a number in all records of an input that have the same in its place.
    fn lower_together(&mut self, input: usize) -> bool {
        let mut helped = false;
        let mut done = BTreeSet::new();
        while let Some((place, number)) = self.next_number(input, &done) {
            let lowered = lesser(number).find(|less| {
                self.attempt(|all| {
                    for record in all[input].iter_mut().flatten() {
                        match record.numbers().get_mut(place) {
                            Some(held) if *held == number => *held = *less,
                            _ => {}
                        }
                    }
                })
            });
            helped |= lowered.is_some();
            // Where it was lowered, the lower one comes next.
            done.insert((place, number));
        }
        helped
    }

    /// The first number above 0, with its place in its record, that is not done with.
    fn next_number(&mut self, input: usize, done: &BTreeSet<(usize, u64)>) -> Option<(usize, u64)> {
        let mut records = self.records[input].iter_mut().flatten();
        records.find_map(|record| {
            let mut numbers = record.numbers().iter().copied().enumerate();
            numbers.find(|(place, number)| *number > 0 && !done.contains(&(*place, *number)))
        })
    }

    /// Lowers each number of each record.
    fn lower_alone(&mut self, input: usize, partition: usize) -> bool {
        let mut helped = false;
        for record in 0..self.records[input][partition].len() {
            let numbers = self.records[input][partition][record].numbers().len();
            for place in 0..numbers {
                let number =
                    |shrink: &mut Self| shrink.records[input][partition][record].numbers()[place];
                while lesser(number(self)).any(|less| {
                    self.attempt(|all| all[input][partition][record].numbers()[place] = less)
                }) {
                    helped = true;
                }
            }
        }
        helped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Made for u64 {
        fn numbers(&mut self) -> &mut [u64] {
            std::slice::from_mut(self)
        }
    }

    /// The smallest input, and in how many tries.
    fn shrunk(
        records: Records<u64>,
        fails: impl Fn(&Records<u64>) -> bool,
    ) -> (Records<u64>, usize) {
        let mut tries = 0;
        let records = smallest(records, 1_000, &mut |records| {
            tries += 1;
            fails(records)
        });
        (records, tries)
    }

    #[test]
    fn what_does_not_matter_goes() {
        let all = vec![vec![(0..100).collect(), (100..200).collect()], vec![vec![7; 50]]];
        // A record of 17 or more before one of 150 or more.
        let (records, tries) = shrunk(all, |records| {
            let all: Vec<_> = records[0].iter().flatten().collect();
            let first = all.iter().position(|n| **n >= 17);
            first.is_some_and(|at| all[at + 1..].iter().any(|n| **n >= 150))
        });
        assert_eq!(records, [vec![vec![17, 150]], vec![]]);
        assert!(tries < 150, "{tries}");
    }

    #[test]
    fn what_must_stay_the_same_is_lowered_together() {
        let all = vec![vec![vec![900, 5, 900], vec![900, 31]]];
        let (records, tries) = shrunk(all, |records| {
            let [first, second] = &records[0][..] else { return false };
            first.len() == 3
                && !second.is_empty()
                && first[0] > 100
                && first[0] == first[2]
                && first[0] == second[0]
        });
        assert_eq!(records, [vec![vec![101, 0, 101], vec![101]]]);
        assert!(tries < 120, "{tries}");
    }

    #[test]
    fn what_matters_stays() {
        let all = vec![vec![vec![1, 2], vec![], vec![3]]];
        let (records, _) = shrunk(all.clone(), |records| *records == all);
        assert_eq!(records, all);
    }

    #[test]
    fn tries_are_bounded() {
        let (mut tries, all) = (0, vec![vec![(0..1_000).collect::<Vec<u64>>()]]);
        let records = smallest(all, 10, &mut |records| {
            tries += 1;
            count(records) == 1_000
        });
        assert_eq!((tries, count(&records)), (10, 1_000));
    }
}
