//! What inputs must look like, and what outputs will.

use super::kind;
use ouzel_dsl::json::write_text;
use ouzel_dsl::plan::{OutputNode, SourceNode};
use ouzel_dsl::schema::{Field, Type, Wire};
use ouzel_dsl::{Plan, Timestamp};
use ouzel_hooks::text::Grid;
use std::fmt::Write;

/// All inputs and outputs.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut parts: Vec<_> = plan.sources.iter().map(input).collect();
    parts.extend(plan.outputs.iter().map(output));
    parts.join("\n")
}

fn input(source: &SourceNode) -> String {
    let mut out = format!("input {}: {}\n", source.input, source.record);
    let mut grid = Grid::default().indented(2);
    grid.row(["column", "type", "notes"]);
    for (i, field) in source.fields.iter().enumerate() {
        let mut notes = Vec::new();
        if source.event_time == Some(i) {
            notes.push("event time".to_owned());
        }
        if let Some(meta) = field.meta {
            notes.push(format!("{meta} of a message"));
        }
        if field.has_default {
            notes.push("may be missing".to_owned());
        }
        if !source.read.contains(&i) {
            notes.push("not read by this job".to_owned());
        }
        grid.row([field.name.clone(), field.to_string(), notes.join(", ")]);
    }
    // Writing to a string cannot fail.
    let _ = write!(out, "{grid}");
    match csv(&source.fields) {
        Ok((header, line)) => {
            let _ = writeln!(out, "  as CSV:\n    {header}\n    {line}");
        }
        Err(column) => {
            let _ = writeln!(out, "  not as CSV, which cannot hold `{column}`");
        }
    }
    let _ = writeln!(out, "  as a JSON line:\n    {}", json(&source.fields));
    out
}

fn output(output: &OutputNode) -> String {
    let mut grid = Grid::default().indented(2);
    grid.row(["column", "type", "notes"]);
    for (i, field) in output.fields.iter().enumerate() {
        let note = if i < output.key_columns { "key" } else { "" };
        grid.row([field.name.clone(), field.to_string(), note.to_owned()]);
    }
    format!("output {}: {}\n{grid}", output.name, kind(output.kind))
}

/// A header and a line, or the first column that is more than one value.
fn csv(fields: &[Field]) -> Result<(String, String), &str> {
    let mut line = Vec::new();
    for field in fields {
        match field.ty {
            Type::Struct(_) | Type::List(_) => return Err(&field.name),
            _ => line.push(quoted(&example(field).0)),
        }
    }
    let header: Vec<_> = fields.iter().map(|f| quoted(&f.name)).collect();
    Ok((header.join(","), line.join(",")))
}

/// Text as CSV takes it.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn json(fields: &[Field]) -> String {
    let mut out = String::from("{");
    for (i, field) in fields.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        write_text(&field.name, &mut out);
        out.push(':');
        out.push_str(&value(field));
    }
    out + "}"
}

/// An example of a field's value as JSON.
fn value(field: &Field) -> String {
    match &field.ty {
        Type::Struct(fields) => json(fields),
        Type::List(item) => format!("[{}]", value(item)),
        _ => match example(field) {
            (text, false) => text,
            (text, true) => {
                let mut out = String::new();
                write_text(&text, &mut out);
                out
            }
        },
    }
}

/// An example of a single value, and whether it is text in JSON.
fn example(field: &Field) -> (String, bool) {
    const TIME: i64 = 1_357_035_300_000_000;
    let number = |n: i64| (n.to_string(), false);
    match (&field.ty, field.wire) {
        (Type::Bool, _) => ("true".to_owned(), false),
        (Type::Int { .. }, _) => number(42),
        (Type::Float { .. }, _) => ("1.5".to_owned(), false),
        (Type::Str, _) => ("text".to_owned(), true),
        (Type::Bytes, _) => ("00ff".to_owned(), true),
        (Type::Timestamp, Wire::Seconds) => number(TIME / 1_000_000),
        (Type::Timestamp, Wire::Millis) => number(TIME / 1_000),
        (Type::Timestamp, Wire::Micros) => number(TIME),
        (Type::Timestamp, Wire::Nanos) => number(TIME * 1_000),
        (Type::Timestamp, Wire::Format(format)) => {
            let text = Timestamp::from_micros(TIME).format(format);
            (text.unwrap_or_else(|| format.to_owned()), true)
        }
        (Type::Timestamp, Wire::Native) => (Timestamp::from_micros(TIME).to_string(), true),
        (Type::Date, _) => (Timestamp::from_micros(TIME).date().to_string(), true),
        (Type::Decimal { scale: 0 }, _) => ("12".to_owned(), true),
        (Type::Decimal { scale }, _) => (format!("12.{:0>1$}", 5, usize::from(*scale)), true),
        (Type::Enum(names), _) => (names.first().copied().unwrap_or_default().to_owned(), true),
        (Type::Struct(_) | Type::List(_) | Type::Unit, _) => ("null".to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use ouzel_dsl::schema::Meta;

    #[test]
    fn inputs_come_with_examples() {
        let expected = "\
input flights: Flight
  column     type               notes
  scheduled  timestamp          event time
  carrier    text
  delay      f64, may be null
  tail       text, may be null  not read by this job
  as CSV:
    scheduled,carrier,delay,tail
    2013-01-01T10:15:00Z,text,1.5,text
  as a JSON line:
    {\"scheduled\":\"2013-01-01T10:15:00Z\",\"carrier\":\"text\",\"delay\":1.5,\"tail\":\"text\"}

output delays: table
  column        type              notes
  carrier       text              key
  window_start  timestamp         key
  window_end    timestamp         key
  count         u64
  delay         f64, may be null
";
        assert_eq!(plan(&testing::plan()), expected);
    }

    #[test]
    fn what_is_of_a_message_is_said() {
        let mut plan = testing::plan();
        let fields = &mut plan.sources[0].fields;
        fields[0].meta = Some(Meta::Timestamp);
        fields[3].meta = Some(Meta::Header("tail"));
        let text = super::plan(&plan);
        assert!(text.contains("event time, timestamp of a message\n"), "{text}");
        assert!(text.contains("header `tail` of a message, not read by this job\n"), "{text}");
    }

    #[test]
    fn each_type_has_an_example_in_its_wire_form() {
        let of = |ty, wire| {
            let mut field = Field::new("x", ty, false);
            field.wire = wire;
            value(&field)
        };
        assert_eq!(of(Type::Timestamp, Wire::Seconds), "1357035300");
        assert_eq!(of(Type::Timestamp, Wire::Format("%d.%m.%Y")), "\"01.01.2013\"");
        assert_eq!(of(Type::Decimal { scale: 2 }, Wire::Native), "\"12.05\"");
        assert_eq!(of(Type::Enum(&["Up", "Down"]), Wire::Native), "\"Up\"");
        let item = Field::new("item", Type::Int { bits: 32, signed: true }, false);
        assert_eq!(of(Type::List(Box::new(item.clone())), Wire::Native), "[42]");
        assert_eq!(of(Type::Struct(vec![item]), Wire::Native), "{\"item\":42}");
    }

    #[test]
    fn csv_quotes_and_refuses_what_is_nested() {
        let plain = Field::new("a,b", Type::Str, false);
        assert_eq!(csv(std::slice::from_ref(&plain)).unwrap().0, "\"a,b\"");
        let nested = Field::new("list", Type::List(Box::new(plain.clone())), false);
        assert_eq!(csv(&[plain, nested]), Err("list"));
    }
}
