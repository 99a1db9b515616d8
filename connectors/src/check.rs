//! Checks the columns that a file has against the fields that a record declares.

use arrow::datatypes::DataType;
use ouzel_dsl::schema::{Field, nearest};
use ouzel_dsl::{Error, Result};
use std::fmt::Write;

/// Checks every field; `found` has the type of each column where the format knows it.
pub(crate) fn columns(
    file: &str,
    input: &str,
    fields: &[Field],
    found: &[(String, Option<DataType>)],
) -> Result<()> {
    let mut problems = String::new();
    for field in fields {
        let named = || found.iter().filter(|(name, _)| *name == field.name);
        let problem = match named().next() {
            None if field.has_default => continue,
            None => match nearest(&field.name, found.iter().map(|(name, _)| name.as_str())) {
                Some(near) => format!("is missing (expected {field}); did you mean `{near}`?"),
                None => format!("is missing (expected {field})"),
            },
            Some(_) if named().nth(1).is_some() => "is there more than once".to_owned(),
            Some((_, Some(ty))) if !field.accepts(ty) => format!("is {ty}, expected {field}"),
            Some(_) => continue,
        };
        let _ = write!(problems, "\n  column `{}` {problem}", field.name);
    }
    if problems.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = found.iter().take(40).map(|(name, _)| name.as_str()).collect();
    let more = if found.len() > names.len() { ", ..." } else { "" };
    Err(Error::Schema(format!(
        "{file} does not fit the record of input `{input}`:{problems}\n  its columns are: {}{more}",
        names.join(", ")
    )))
}
