//! Where CSV records end: newlines within quotes do not count.
//!
//! A quote opens only where a cell begins, and closes at the next quote that is not doubled;
//! anywhere else it is an ordinary byte. So text without a quote costs one search for it.

use memchr::{memchr, memrchr};

const QUOTE: u8 = b'"';

/// A scan of text from the start of a record, block by block.
#[derive(Clone, Debug)]
pub(crate) struct Quotes {
    /// None where quotes have no meaning.
    delimiter: Option<u8>,
    state: State,
    /// The byte before the block.
    before: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// After a quote inside quotes: the next byte says whether it closes.
    AfterQuote,
}

impl Quotes {
    /// A scan of CSV.
    pub(crate) fn new(delimiter: u8) -> Quotes {
        Quotes { delimiter: Some(delimiter), state: State::Outside, before: b'\n' }
    }

    /// A scan of text in which every newline ends a record.
    pub(crate) fn none() -> Quotes {
        Quotes { delimiter: None, state: State::Outside, before: b'\n' }
    }

    /// Whether every newline ends a record.
    pub(crate) fn plain(&self) -> bool {
        self.delimiter.is_none()
    }

    /// Whether what was scanned ends within quotes.
    pub(crate) fn open(&self) -> bool {
        self.state == State::Inside
    }

    /// Scans the next block: calls `outside` with each range of it that is not within quotes,
    /// until that says to stop.
    pub(crate) fn scan(
        &mut self,
        block: &[u8],
        mut outside: impl FnMut(std::ops::Range<usize>) -> bool,
    ) {
        let Some(delimiter) = self.delimiter else {
            outside(0..block.len());
            return;
        };
        let mut at = 0;
        // Where the range outside of quotes began that goes on at `at`.
        let mut from = 0;
        while at < block.len() {
            let rest = block.get(at..).unwrap_or_default();
            match self.state {
                State::Outside => match memchr(QUOTE, rest) {
                    None => at = block.len(),
                    Some(quote) => {
                        let before = match (at + quote).checked_sub(1) {
                            Some(index) => block.get(index).copied().unwrap_or_default(),
                            None => self.before,
                        };
                        at += quote + 1;
                        if before == delimiter || before == b'\n' {
                            if !outside(from..at) {
                                return;
                            }
                            self.state = State::Inside;
                        }
                    }
                },
                State::Inside => match memchr(QUOTE, rest) {
                    None => at = block.len(),
                    Some(quote) => {
                        at += quote + 1;
                        self.state = State::AfterQuote;
                    }
                },
                State::AfterQuote if rest.first() == Some(&QUOTE) => {
                    at += 1;
                    self.state = State::Inside;
                }
                State::AfterQuote => {
                    from = at;
                    self.state = State::Outside;
                    // A quote right here would have been the other case, so that the search for
                    // the next one may begin here.
                }
            }
        }
        self.before = block.last().copied().unwrap_or(self.before);
        if self.state == State::Outside {
            outside(from..block.len());
        }
    }

    /// The first end of a record in the next block: the index after its newline.
    pub(crate) fn end(&mut self, block: &[u8]) -> Option<usize> {
        let mut found = None;
        self.scan(block, |range| {
            let start = range.start;
            found = memchr(b'\n', block.get(range).unwrap_or_default()).map(|n| start + n + 1);
            found.is_none()
        });
        found
    }

    /// The last end of a record in the next block.
    pub(crate) fn last_end(&mut self, block: &[u8]) -> Option<usize> {
        let mut found = None;
        self.scan(block, |range| {
            let start = range.start;
            let last = memrchr(b'\n', block.get(range).unwrap_or_default());
            found = last.map(|n| start + n + 1).or(found);
            true
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str, block: usize) -> Vec<usize> {
        let (mut quotes, mut ends, mut at) = (Quotes::new(b','), Vec::new(), 0);
        for block in text.as_bytes().chunks(block) {
            quotes.scan(block, |range| {
                let inside = block[range.clone()].iter().enumerate();
                ends.extend(
                    inside.filter(|(_, b)| **b == b'\n').map(|(i, _)| at + range.start + i + 1),
                );
                true
            });
            at += block.len();
        }
        ends
    }

    #[test]
    fn newlines_in_quotes_end_nothing_however_the_text_is_cut() {
        for (text, expected) in [
            ("a,b\nc,d\n", vec![4, 8]),
            ("\"a\nb\",c\nd\n", vec![8, 10]),
            ("\"a\"\"\nb\"\nd\n", vec![8, 10]),
            ("a\"b\nc\n", vec![4, 6]),
            ("a,\"\"\n\"\n\"\n", vec![5, 9]),
            ("\"x\"y\"\nz\n", vec![6, 8]),
            ("a\n\"open\nb\n", vec![2]),
        ] {
            for block in 1..=text.len() {
                assert_eq!(ends(text, block), expected, "{text:?} in blocks of {block}");
            }
        }
    }
}
