//! Rows as a readable table.

use super::Screen;
use super::order::First;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, SchemaRef};
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Append, Replace, Sink};
use ouzel_hooks::text::{Align, Grid, count};

/// How many rows of a big result are shown.
const ROWS: usize = 40;

/// How many characters of a cell are shown.
const CELL: usize = 60;

/// A sink that shows rows to a person.
///
/// What is known as a whole is shown in order of its key, or of all columns, and cut off after
/// [`ROWS`]. The rows of a stream that goes on are shown as they come. Floats have six digits
/// after the point.
pub(crate) struct Terminal {
    /// Where to.
    pub screen: Screen,
    /// Shown above, where a job has several outputs.
    pub title: Option<String>,
    /// The columns of a table's key; none for a stream.
    pub key_columns: usize,
}

impl Sink for Terminal {
    fn replace(&self, schema: &SchemaRef) -> Result<Box<dyn Replace>> {
        let columns = match self.key_columns {
            0 => schema.fields().len(),
            key => key,
        };
        Ok(Box::new(Whole {
            screen: self.screen.clone(),
            title: self.title.clone(),
            schema: schema.clone(),
            first: First::new(columns, ROWS),
        }))
    }

    fn append(&self, schema: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
        let (screen, title) = (self.screen.clone(), self.title.clone());
        Ok(Box::new(Live { screen, title, schema: schema.clone(), widths: Vec::new() }))
    }

    fn replaceable(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        "the terminal".to_owned()
    }
}

/// A result that is shown at its end.
struct Whole {
    screen: Screen,
    title: Option<String>,
    schema: SchemaRef,
    first: First,
}

impl Replace for Whole {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.first.add(batch)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let batch = self.first.finish()?;
        let mut text = String::new();
        if let Some(title) = &self.title {
            text += &self.screen.bold(title);
            text += "\n";
        }
        let mut grid = header(&self.schema);
        (0..batch.num_rows()).for_each(|row| grid.row(cells(&batch, row)));
        text += &styled(&self.screen, &grid);
        match self.first.rows - batch.num_rows() {
            0 if self.first.rows == 0 => text += &self.screen.dim("no rows\n"),
            0 => {}
            more => {
                let more = format!("... {} more rows; use --out to get all", count(more as u64));
                text += &self.screen.dim(&more);
                text += "\n";
            }
        }
        if self.title.is_some() {
            text += "\n";
        }
        self.screen.print(&text)
    }
}

/// A stream that is shown as it comes: the header once, and columns that only grow wider.
struct Live {
    screen: Screen,
    title: Option<String>,
    schema: SchemaRef,
    widths: Vec<usize>,
}

impl Append for Live {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        // Rows of other outputs may come between, so that each says whose it is.
        let prefix = self.title.iter().map(|title| format!("{title}:"));
        let head = self.schema.fields().iter().map(|f| f.name().clone());
        let mut align = vec![Align::Left; prefix.clone().count()];
        align.extend(self.schema.fields().iter().map(|f| side(f.data_type())));
        let mut grid = Grid::new(align).at_least(&self.widths);
        let new = self.widths.is_empty();
        if new {
            grid.row(prefix.clone().chain(head));
        }
        (0..batch.num_rows()).for_each(|row| grid.row(prefix.clone().chain(cells(batch, row))));
        self.widths = grid.widths();
        self.screen.print(&if new { styled(&self.screen, &grid) } else { grid.to_string() })
    }

    fn commit(&mut self) -> Result<String> {
        Ok(String::new())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn side(data_type: &DataType) -> Align {
    match data_type.is_numeric() {
        true => Align::Right,
        false => Align::Left,
    }
}

fn header(schema: &SchemaRef) -> Grid {
    let align: Vec<_> = schema.fields().iter().map(|f| side(f.data_type())).collect();
    let mut grid = Grid::new(align);
    grid.row(schema.fields().iter().map(|f| f.name().clone()));
    grid
}

/// The grid with its first row in bold and ruled off.
fn styled(screen: &Screen, grid: &Grid) -> String {
    let rule: Vec<_> = grid.widths().iter().map(|width| "─".repeat(*width)).collect();
    let mut text = String::new();
    for (i, line) in grid.lines().iter().enumerate() {
        match i {
            0 => {
                let (line, rule) = (screen.bold(line), screen.dim(&rule.join("  ")));
                text.extend([line.as_str(), "\n", &rule, "\n"]);
            }
            _ => text.extend([line.as_str(), "\n"]),
        }
    }
    text
}

fn cells(batch: &RecordBatch, row: usize) -> Vec<String> {
    batch.columns().iter().map(|column| cell(column, row)).collect()
}

/// A value as text on one line that a terminal takes for nothing but text.
fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    let text = match array.data_type() {
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        _ => {
            let mut json = String::new();
            ouzel_dsl::json::write_value(array, row, &mut json);
            match json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) {
                Some(text) => text.to_owned(),
                None => json,
            }
        }
    };
    let mut safe = String::with_capacity(text.len());
    for (i, char) in text.chars().enumerate() {
        match char {
            _ if i == CELL => {
                safe.push('…');
                break;
            }
            _ if char.is_control() => safe.extend(char.escape_default()),
            _ => safe.push(char),
        }
    }
    safe
}

/// Six digits after the point without zeros at the end; powers of ten where these say nothing.
fn float(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return value.to_string();
    }
    if !(1e-4..1e15).contains(&value.abs()) {
        return format!("{value:e}");
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::Capture;
    use crate::testing::batch;
    use arrow::array::StringArray;

    fn terminal(capture: &Capture, title: Option<&str>, color: bool) -> Terminal {
        let screen = Screen::new(capture.clone(), true, color);
        Terminal { screen, title: title.map(str::to_owned), key_columns: 1 }
    }

    fn shown(title: Option<&str>, rows: &[(&str, f64)]) -> String {
        let capture = Capture::default();
        let batch = batch(rows);
        let mut whole = terminal(&capture, title, false).replace(&batch.schema()).unwrap();
        whole.write(&batch).unwrap();
        whole.finish().unwrap();
        capture.text()
    }

    #[test]
    fn a_table_is_aligned_and_in_order_of_its_key() {
        let expected = "\
carrier      delay
───────  ─────────
9E            -1.5
DL               0
UA       12.639983
";
        let rows = [("UA", 12.639983316371866), ("9E", -1.5), ("DL", 0.0)];
        assert_eq!(shown(None, &rows), expected);
    }

    #[test]
    fn titles_stand_above() {
        let expected = "late\ncarrier  delay\n───────  ─────\nno rows\n\n";
        assert_eq!(shown(Some("late"), &[]), expected);
    }

    #[test]
    fn a_big_result_is_cut_off() {
        let names: Vec<_> = (0..1_300).map(|i| format!("{i:04}")).collect();
        let rows: Vec<_> = names.iter().map(|n| (n.as_str(), 1.0)).collect();
        let text = shown(None, &rows);
        assert_eq!(text.lines().count(), 2 + ROWS + 1);
        assert!(text.ends_with("... 1,260 more rows; use --out to get all\n"), "{text}");
    }

    #[test]
    fn text_cannot_command_the_terminal() {
        let long = "x".repeat(100);
        let array = StringArray::from(vec![Some("a\x1b[2Jb\nc"), None, Some(&long)]);
        assert_eq!(cell(&array, 0), "a\\u{1b}[2Jb\\nc");
        assert_eq!(cell(&array, 1), "null");
        assert_eq!(cell(&array, 2).chars().count(), CELL + 1);
    }

    #[test]
    fn floats_are_short() {
        let texts = [0.1 + 0.2, 1e-9, 1e300, f64::NAN, -0.0, 1_000_000.0].map(float);
        assert_eq!(texts, ["0.3", "1e-9", "1e300", "NaN", "-0", "1000000"]);
    }

    #[test]
    fn a_stream_is_shown_as_it_comes() {
        let capture = Capture::default();
        let rows = batch(&[("UA", 1.0)]);
        let mut live = terminal(&capture, Some("kept"), true).append(&rows.schema(), None).unwrap();
        live.write(&rows).unwrap();
        live.write(&batch(&[])).unwrap();
        live.write(&batch(&[("Hawaiian", 123_456.5), ("9E", 2.0)])).unwrap();
        live.commit().unwrap();
        live.finish().unwrap();
        let expected = "\
\x1b[1mkept:  carrier  delay\x1b[0m
\x1b[2m─────  ───────  ─────\x1b[0m
kept:  UA           1
kept:  Hawaiian  123456.5
kept:  9E               2
";
        assert_eq!(capture.text(), expected);
    }
}
