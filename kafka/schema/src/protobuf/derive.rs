//! The schema of an output's columns.

use crate::names;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use std::collections::HashSet;
use std::fmt::Write;

/// The schema's text and the full name of its message.
///
/// A list can be neither absent nor have items that are: a null there is an error of its record.
pub(super) fn schema(name: &str, columns: &Schema) -> Result<(String, String), String> {
    let full = names::record(name);
    let (package, name) = full.rsplit_once('.').unwrap_or(("", &full));
    let mut body = String::new();
    message(name, columns.fields(), 0, &mut body)?;
    let mut text = String::from("syntax = \"proto3\";\n");
    if !package.is_empty() {
        let _ = writeln!(text, "package {package};");
    }
    if body.contains(TIMESTAMP) {
        text.push_str("import \"google/protobuf/timestamp.proto\";\n");
    }
    if body.contains(NULL) {
        text.push_str("import \"google/protobuf/struct.proto\";\n");
    }
    text.push('\n');
    text.push_str(&body);
    Ok((text, full.clone()))
}

const TIMESTAMP: &str = ".google.protobuf.Timestamp";
const NULL: &str = ".google.protobuf.NullValue";

fn message(name: &str, columns: &Fields, depth: usize, out: &mut String) -> Result<(), String> {
    let indent = "  ".repeat(depth);
    let _ = writeln!(out, "{indent}message {name} {{");
    // A nested message must not be called as a field is, nor as the message around it.
    let mut taken: HashSet<String> = columns.iter().map(|c| c.name().clone()).collect();
    taken.insert(name.to_string());
    for (i, column) in columns.iter().enumerate() {
        let column_name = names::column(column.name(), "Protobuf")?;
        let (label, ty) = ty(column, &mut taken, depth, out)?;
        // 19000 to 19999 are Protobuf's own.
        let number = if i + 1 < 19_000 { i + 1 } else { i + 1001 };
        let _ = writeln!(out, "{indent}  {label}{ty} {column_name} = {number};");
    }
    let _ = writeln!(out, "{indent}}}");
    Ok(())
}

/// What stands before a field's type, and the type.
fn ty(
    field: &Field,
    taken: &mut HashSet<String>,
    depth: usize,
    out: &mut String,
) -> Result<(&'static str, String), String> {
    let label = if field.is_nullable() { "optional " } else { "" };
    let plain = match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) => {
            if matches!(item.data_type(), DataType::List(_) | DataType::LargeList(_)) {
                return Err(format!(
                    "column `{}`: Protobuf has no lists of lists; make the inner list a record's \
                     field",
                    field.name()
                ));
            }
            let item = item.as_ref().clone().with_name(field.name());
            return Ok(("repeated ", ty(&item, taken, depth, out)?.1));
        }
        DataType::Struct(fields) => {
            let name = names::unique(camel(field.name()), taken);
            message(&name, fields, depth + 1, out)?;
            return Ok((label, name));
        }
        DataType::Dictionary(_, values) => {
            let plain = field.clone().with_data_type(values.as_ref().clone());
            return ty(&plain, taken, depth, out);
        }
        // Absent and null are the same here.
        DataType::Null => return Ok(("", NULL.into())),
        DataType::Boolean => "bool",
        DataType::Int8 | DataType::Int16 | DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => "uint32",
        DataType::UInt64 => "uint64",
        DataType::Float32 => "float",
        DataType::Float64 => "double",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes",
        DataType::Timestamp(..) => TIMESTAMP,
        // Protobuf has types for neither: text as in JSON.
        DataType::Date32 | DataType::Decimal128(..) => "string",
        other => {
            return Err(format!("column `{}`: Protobuf has no type for {other}", field.name()));
        }
    };
    Ok((label, plain.into()))
}

/// A column's name as that of a message: `dep_delay` gives `DepDelay`.
fn camel(name: &str) -> String {
    let mut out = String::new();
    for part in name.split('_') {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    match names::is_name(&out) {
        true => out,
        false => format!("M{out}"),
    }
}
