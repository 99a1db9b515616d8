//! The schema of an output's columns.

use crate::names;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use serde_json::{Value, json};
use std::collections::HashSet;

/// The schema's text. Columns that may be null are unions of null and their type.
pub(super) fn schema(name: &str, columns: &Schema) -> Result<String, String> {
    let name = names::record(name);
    // Nested records are of the same namespace, where names need only differ in their last part.
    let last = name.rsplit('.').next().unwrap_or(&name).to_string();
    let mut taken = HashSet::from([last.clone()]);
    let mut schema = record(&last, columns.fields(), &mut taken)?;
    schema["name"] = name.into();
    Ok(schema.to_string())
}

fn record(name: &str, columns: &Fields, taken: &mut HashSet<String>) -> Result<Value, String> {
    let mut fields = Vec::with_capacity(columns.len());
    for column in columns {
        let column_name = names::column(column.name(), "Avro")?;
        let ty = nullable(column, &format!("{name}_{column_name}"), taken)?;
        fields.push(match column.is_nullable() {
            // With a default, a reader with a newer schema takes older data that lack the field.
            true => json!({"name": column_name, "type": ty, "default": null}),
            false => json!({"name": column_name, "type": ty}),
        });
    }
    Ok(json!({"type": "record", "name": name, "fields": fields}))
}

fn nullable(field: &Field, name: &str, taken: &mut HashSet<String>) -> Result<Value, String> {
    let ty = ty(field.data_type(), name, taken)?;
    Ok(match field.is_nullable() && field.data_type() != &DataType::Null {
        true => json!(["null", ty]),
        false => ty,
    })
}

fn ty(data_type: &DataType, name: &str, taken: &mut HashSet<String>) -> Result<Value, String> {
    Ok(match data_type {
        DataType::Null => json!("null"),
        DataType::Boolean => json!("boolean"),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            json!("int")
        }
        // A greater number than a long holds is an error of its record.
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => json!("long"),
        DataType::Float32 => json!("float"),
        DataType::Float64 => json!("double"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => json!("string"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => json!("bytes"),
        DataType::Timestamp(..) => json!({"type": "long", "logicalType": "timestamp-micros"}),
        DataType::Date32 => json!({"type": "int", "logicalType": "date"}),
        DataType::Decimal128(precision, scale) if *scale >= 0 => json!({
            "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale,
        }),
        DataType::Dictionary(_, values) => ty(values, name, taken)?,
        DataType::List(item) | DataType::LargeList(item) => {
            json!({"type": "array", "items": nullable(item, name, taken)?})
        }
        DataType::Struct(fields) => {
            let name = names::unique(name.to_string(), taken);
            record(&name, fields, taken)?
        }
        other => return Err(format!("Avro has no type for {other}")),
    })
}
