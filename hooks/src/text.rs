//! Numbers and columns for people to read.

use std::fmt;

/// A count with a comma after each three digits: `12,345,678`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count of things by their name in the singular: `1 row`, `1,024 rows`.
pub fn plural(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A number of bytes in units of 1000: `1.2 GB`.
pub fn bytes(n: u64) -> String {
    scaled(n as f64, "B")
}

/// A number with three digits and a decimal prefix before its unit.
fn scaled(n: f64, unit: &str) -> String {
    let mut n = n;
    for prefix in ["", "k", "M", "G", "T"] {
        if n < 999.5 || prefix == "T" {
            let digits = match n {
                _ if prefix.is_empty() => 0,
                ..9.995 => 2,
                ..99.95 => 1,
                _ => 0,
            };
            return format!("{n:.digits$} {prefix}{unit}");
        }
        n /= 1000.0;
    }
    String::new()
}

/// Seconds, as precise as is useful: `0.042 s`, `3.1 s`, `12 min 5 s`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        ..1.0 => format!("{seconds:.3} s"),
        ..10.0 => format!("{seconds:.2} s"),
        ..60.0 => format!("{seconds:.1} s"),
        ..3600.0 => format!("{} min {} s", seconds as u64 / 60, seconds as u64 % 60),
        _ => format!("{} h {} min", seconds as u64 / 3600, seconds as u64 / 60 % 60),
    }
}

/// Rows of cells, printed in aligned columns two blanks apart.
///
/// ```
/// use ouzel_hooks::text::{Align, Grid};
/// let mut grid = Grid::new([Align::Left, Align::Right]);
/// grid.row(["name", "rows"]);
/// grid.row(["a", "1,000"]);
/// assert_eq!(grid.to_string(), "name   rows\na     1,000\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grid {
    indent: usize,
    align: Vec<Align>,
    least: Vec<usize>,
    rows: Vec<Vec<String>>,
}

/// To which side a column's cells keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Text.
    #[default]
    Left,
    /// Numbers.
    Right,
}

impl Grid {
    /// An empty grid; columns past the list's end are aligned to the left.
    pub fn new(align: impl Into<Vec<Align>>) -> Grid {
        Grid { indent: 0, align: align.into(), least: Vec::new(), rows: Vec::new() }
    }

    /// With so many blanks before each row.
    pub fn indented(mut self, blanks: usize) -> Grid {
        self.indent = blanks;
        self
    }

    /// With columns at least as wide as these: to go on below another grid.
    pub fn at_least(mut self, widths: &[usize]) -> Grid {
        self.least = widths.to_vec();
        self
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Each column's width in characters.
    pub fn widths(&self) -> Vec<usize> {
        let mut widths = self.least.clone();
        for row in &self.rows {
            for (i, cell) in row.iter().enumerate() {
                let width = cell.chars().count();
                match widths.get_mut(i) {
                    Some(widest) => *widest = width.max(*widest),
                    None => widths.push(width),
                }
            }
        }
        widths
    }

    /// The rows as aligned lines without a blank at their end.
    pub fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        self.rows
            .iter()
            .map(|row| {
                let mut line = " ".repeat(self.indent);
                for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
                    let pad = " ".repeat(width - cell.chars().count());
                    let gap = if i == 0 { "" } else { "  " };
                    match self.align.get(i).copied().unwrap_or_default() {
                        Align::Left => line.extend([gap, cell, &pad]),
                        Align::Right => line.extend([gap, &pad, cell]),
                    }
                }
                line.truncate(line.trim_end().len());
                line
            })
            .collect()
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three() {
        let texts = [0, 999, 1_000, 12_345_678].map(count);
        assert_eq!(texts, ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn bytes_have_three_digits() {
        let texts = [0, 999, 1_000, 12_345, 999_499, 999_500, 3_210_000_000, u64::MAX].map(bytes);
        let expected =
            ["0 B", "999 B", "1.00 kB", "12.3 kB", "999 kB", "1.00 MB", "3.21 GB", "18446744 TB"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn durations_lose_digits_as_they_grow() {
        let texts = [0.0421, 3.456, 42.123, 725.0, 7_325.0].map(duration);
        assert_eq!(texts, ["0.042 s", "3.46 s", "42.1 s", "12 min 5 s", "2 h 2 min"]);
    }

    #[test]
    fn a_short_row_and_an_indent_keep_the_columns() {
        let mut grid = Grid::new([Align::Left, Align::Right]).indented(2);
        grid.row(["é", "22", "x"]);
        grid.row(["abc", "1"]);
        grid.row(Vec::<String>::new());
        assert_eq!(grid.lines(), ["  é    22  x", "  abc   1", ""]);
    }
}
