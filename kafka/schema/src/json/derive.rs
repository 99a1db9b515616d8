//! The JSON Schema of an output's columns.

use arrow::datatypes::{DataType, Field, Fields};
use serde_json::{Map, Value, json};

/// The schema's text. It is closed, so that a new field that may be null goes with older schemas.
pub(super) fn schema(name: &str, columns: &arrow::datatypes::Schema) -> Result<String, String> {
    let mut schema = object(columns.fields())?;
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = name.into();
    Ok(schema.to_string())
}

fn object(columns: &Fields) -> Result<Value, String> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for column in columns {
        properties.insert(column.name().clone(), nullable(column)?);
        if !column.is_nullable() {
            required.push(column.name().as_str());
        }
    }
    let mut object = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    Ok(object)
}

fn nullable(field: &Field) -> Result<Value, String> {
    let ty = ty(field.data_type()).map_err(|e| format!("column `{}`: {e}", field.name()))?;
    Ok(match field.is_nullable() && field.data_type() != &DataType::Null {
        true => json!({"oneOf": [{"type": "null"}, ty]}),
        false => ty,
    })
}

fn ty(data_type: &DataType) -> Result<Value, String> {
    let between = |low: i64, high: u64| json!({"type": "integer", "minimum": low, "maximum": high});
    Ok(match data_type {
        DataType::Null => json!({"type": "null"}),
        DataType::Boolean => json!({"type": "boolean"}),
        DataType::Int8 => between(i8::MIN.into(), i8::MAX as u64),
        DataType::Int16 => between(i16::MIN.into(), i16::MAX as u64),
        DataType::Int32 => between(i32::MIN.into(), i32::MAX as u64),
        DataType::Int64 => json!({"type": "integer"}),
        DataType::UInt8 => between(0, u8::MAX.into()),
        DataType::UInt16 => between(0, u16::MAX.into()),
        DataType::UInt32 => between(0, u32::MAX.into()),
        DataType::UInt64 => json!({"type": "integer", "minimum": 0}),
        DataType::Float32 | DataType::Float64 => {
            json!({"anyOf": [{"type": "number"}, {"enum": ["NaN", "inf", "-inf"]}]})
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => json!({"type": "string"}),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            json!({"type": "string", "pattern": "^([0-9a-f]{2})*$"})
        }
        DataType::Timestamp(..) => json!({"type": "string", "format": "date-time"}),
        DataType::Date32 => json!({"type": "string", "format": "date"}),
        DataType::Decimal128(..) => json!({"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"}),
        DataType::Dictionary(_, values) => ty(values)?,
        DataType::List(item) | DataType::LargeList(item) => {
            json!({"type": "array", "items": nullable(item)?})
        }
        DataType::Struct(fields) => object(fields)?,
        other => return Err(format!("JSON Schema has no type for {other}")),
    })
}
