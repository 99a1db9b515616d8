//! The names of an output's columns, where rustc can see them: no two may be the same.

use crate::Data;

/// The names of the columns of a `T`: its own, or else those that the code gives it.
pub const fn of<T: Data>(given: &'static [&'static str]) -> &'static [&'static str] {
    match T::COLUMNS {
        [] => given,
        own => own,
    }
}

/// Does not compile if two columns of an output have one name.
#[track_caller]
pub const fn distinct(output: &str, columns: &[&[&str]]) {
    let mut at = (0, 0);
    while at.0 < columns.len() {
        if at.1 == columns[at.0].len() {
            at = (at.0 + 1, 0);
            continue;
        }
        let name = columns[at.0][at.1];
        if stands_before(name, columns, at) {
            let message = Text::new()
                .with("the output `")
                .with(output)
                .with("` would have two columns named `")
                .with(name)
                .with("`: give one another name, with `.named(\"..\")` or in the record");
            panic!("{}", message.as_str());
        }
        at.1 += 1;
    }
}

/// Whether a column before a place has this name.
const fn stands_before(name: &str, columns: &[&[&str]], end: (usize, usize)) -> bool {
    let mut at = (0, 0);
    while at.0 < end.0 || at.1 < end.1 {
        if at.1 == columns[at.0].len() {
            at = (at.0 + 1, 0);
            continue;
        }
        if same(columns[at.0][at.1].as_bytes(), name.as_bytes()) {
            return true;
        }
        at.1 += 1;
    }
    false
}

const fn same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b) {
        if *first != *other {
            return false;
        }
        (a, b) = (rest, others);
    }
    a.is_empty() && b.is_empty()
}

/// A text that is made while compiling.
struct Text {
    bytes: [u8; 1024],
    len: usize,
}

impl Text {
    const fn new() -> Text {
        Text { bytes: [0; 1024], len: 0 }
    }

    /// With more text, if there is room.
    const fn with(mut self, text: &str) -> Text {
        let mut rest = text.as_bytes();
        if self.len + rest.len() > self.bytes.len() {
            return self;
        }
        while let [first, others @ ..] = rest {
            self.bytes[self.len] = *first;
            self.len += 1;
            rest = others;
        }
        self
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "two columns have one name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_names_pass() {
        distinct("o", &[&["a", "b"], &[], &["ab", ""]]);
    }

    #[test]
    #[should_panic = "the output `o` would have two columns named `b`"]
    fn a_name_in_two_places_does_not() {
        distinct("o", &[&["a", "b"], &[], &["c", "b"]]);
    }
}
