//! Rows as JSON lines on standard output.

use super::Screen;
use super::order::sorted;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Append, Replace, Sink};
use ouzel_dsl::json::{write_row, write_text};

/// A sink that prints each row as a JSON object on a line.
///
/// Nothing that was printed can be taken back: a stream's rows are printed as they come, also
/// those of a run that fails later; a table is printed when it is whole, in order of its key.
#[derive(Clone)]
pub(crate) struct JsonLines {
    /// Where to.
    pub screen: Screen,
    /// The output's name, where several outputs are printed: each row is then the value of this
    /// key in an object of its own.
    pub wrap: Option<String>,
    /// The columns of a table's key; none for a stream.
    pub key_columns: usize,
    /// Whether a table's updates are wanted as they happen.
    pub changes: bool,
}

impl JsonLines {
    fn print(&self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            if let Some(name) = &self.wrap {
                text.push('{');
                write_text(name, &mut text);
                text.push(':');
            }
            write_row(batch, row, &mut text);
            text.push_str(if self.wrap.is_some() { "}\n" } else { "\n" });
        }
        self.screen.print(&text)
    }
}

impl Sink for JsonLines {
    fn replace(&self, _: &SchemaRef) -> Result<Box<dyn Replace>> {
        Ok(Box::new(Content { lines: self.clone(), held: Vec::new() }))
    }

    fn append(&self, _: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
        Ok(Box::new(Content { lines: self.clone(), held: Vec::new() }))
    }

    fn replaceable(&self) -> bool {
        false
    }

    fn changes(&self) -> bool {
        self.changes
    }

    fn describe(&self) -> String {
        match self.changes {
            true => "-?changes".to_owned(),
            false => "-".to_owned(),
        }
    }
}

struct Content {
    lines: JsonLines,
    held: Vec<RecordBatch>,
}

impl Replace for Content {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self.lines.key_columns {
            0 => self.lines.print(batch)?,
            _ => self.held.push(batch.clone()),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        match self.held.is_empty() {
            true => Ok(()),
            false => self.lines.print(&sorted(&self.held, self.lines.key_columns, usize::MAX)?),
        }
    }
}

impl Append for Content {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.lines.print(batch)
    }

    fn commit(&mut self) -> Result<String> {
        Ok(String::new())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::Capture;
    use crate::testing::batch;

    fn lines(capture: &Capture, wrap: Option<&str>, key_columns: usize) -> JsonLines {
        let screen = Screen::new(capture.clone(), false, false);
        JsonLines { screen, wrap: wrap.map(str::to_owned), key_columns, changes: false }
    }

    #[test]
    fn a_table_is_printed_whole_and_in_order() {
        let capture = Capture::default();
        let rows = batch(&[("UA", 1.0), ("9E", 2.5)]);
        let mut content = lines(&capture, None, 1).replace(&rows.schema()).unwrap();
        content.write(&rows).unwrap();
        assert_eq!(capture.text(), "");
        content.finish().unwrap();
        let expected = "{\"carrier\":\"9E\",\"delay\":2.5}\n{\"carrier\":\"UA\",\"delay\":1.0}\n";
        assert_eq!(capture.text(), expected);
    }

    #[test]
    fn streams_are_printed_as_they_come_each_under_its_name() {
        let capture = Capture::default();
        let rows = batch(&[("UA", 1.0)]);
        let mut content = lines(&capture, Some("kept"), 0).append(&rows.schema(), None).unwrap();
        content.write(&rows).unwrap();
        assert_eq!(capture.text(), "{\"kept\":{\"carrier\":\"UA\",\"delay\":1.0}}\n");
    }

    #[test]
    fn a_table_without_rows_prints_nothing() {
        let capture = Capture::default();
        lines(&capture, None, 1).replace(&batch(&[]).schema()).unwrap().finish().unwrap();
        assert_eq!(capture.text(), "");
    }
}
