//! Rows as JSON become payloads and the same rows again.

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use ouzel_dsl::json::write_text;
use ouzel_dsl::{Date, Timestamp};
use ouzel_schema::{Codec, avro, protobuf};
use proptest::prelude::*;
use std::fmt::Debug;
use std::sync::Arc;

/// What a format can express.
#[derive(Clone, Copy)]
struct Can {
    lists_of_lists: bool,
    null_lists_and_items: bool,
    whole_u64: bool,
}

const AVRO: Can = Can { lists_of_lists: true, null_lists_and_items: true, whole_u64: false };
const PROTOBUF: Can = Can { lists_of_lists: false, null_lists_and_items: false, whole_u64: true };

fn data_type(can: Can) -> BoxedStrategy<DataType> {
    let leaf = prop_oneof![
        Just(DataType::Null),
        Just(DataType::Boolean),
        Just(DataType::Int8),
        Just(DataType::Int16),
        Just(DataType::Int32),
        Just(DataType::Int64),
        Just(DataType::UInt8),
        Just(DataType::UInt16),
        Just(DataType::UInt32),
        Just(DataType::UInt64),
        Just(DataType::Float32),
        Just(DataType::Float64),
        Just(DataType::Utf8),
        Just(DataType::Binary),
        Just(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        Just(DataType::Date32),
        (0i8..=38).prop_map(|scale| DataType::Decimal128(38, scale)),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let item = (inner.clone(), any::<bool>()).prop_filter_map("", move |(ty, nullable)| {
            let list = matches!(ty, DataType::List(_));
            (can.lists_of_lists || !list).then(|| {
                let nullable = nullable && can.null_lists_and_items;
                DataType::List(Arc::new(Field::new("item", ty, nullable)))
            })
        });
        prop_oneof![item, columns(inner, can).prop_map(DataType::Struct)]
    })
    .boxed()
}

fn columns(ty: impl Strategy<Value = DataType> + 'static, can: Can) -> BoxedStrategy<Fields> {
    proptest::collection::vec((ty, any::<bool>()), 1..5)
        .prop_map(move |types| {
            types
                .into_iter()
                .enumerate()
                .map(|(i, (ty, nullable))| {
                    let list = matches!(ty, DataType::List(_));
                    let nullable = nullable && (can.null_lists_and_items || !list);
                    Field::new(format!("some_column_{i}"), ty, nullable)
                })
                .collect()
        })
        .boxed()
}

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

fn quoted(text: String) -> String {
    let mut json = String::new();
    write_text(&text, &mut json);
    json
}

/// JSON of a value, as JSON lines have it. Where `absent` is set, nulls are left out of objects.
fn value(ty: &DataType, can: Can, absent: bool) -> BoxedStrategy<String> {
    macro_rules! number {
        ($t:ty) => {
            any::<$t>().prop_map(|n| n.to_string()).boxed()
        };
    }
    match ty {
        DataType::Null => Just("null".into()).boxed(),
        DataType::Boolean => any::<bool>().prop_map(text).boxed(),
        DataType::Int8 => number!(i8),
        DataType::Int16 => number!(i16),
        DataType::Int32 => number!(i32),
        DataType::Int64 => number!(i64),
        DataType::UInt8 => number!(u8),
        DataType::UInt16 => number!(u16),
        DataType::UInt32 => number!(u32),
        DataType::UInt64 if !can.whole_u64 => (0..=i64::MAX).prop_map(text).boxed(),
        DataType::UInt64 => number!(u64),
        DataType::Float32 => any::<f32>()
            .prop_map(|f| if f.is_finite() { text(f) } else { format!("\"{f}\"") })
            .boxed(),
        DataType::Float64 => proptest::num::f64::ANY
            .prop_map(|f| if f.is_finite() { text(f) } else { format!("\"{f}\"") })
            .boxed(),
        DataType::Utf8 => any::<String>().prop_map(quoted).boxed(),
        DataType::Binary => any::<Vec<u8>>()
            .prop_map(|b| quoted(b.iter().map(|b| format!("{b:02x}")).collect()))
            .boxed(),
        DataType::Timestamp(..) => {
            any::<i64>().prop_map(|t| quoted(Timestamp::from_micros(t).to_string())).boxed()
        }
        DataType::Date32 => {
            any::<i32>().prop_map(|d| quoted(Date::from_days(d).to_string())).boxed()
        }
        DataType::Decimal128(_, scale) => {
            let (scale, most) = (*scale as usize, 10i128.pow(38));
            prop_oneof![-most + 1..most, -1000i128..1000]
                .prop_map(move |units| {
                    let sign = if units < 0 { "-" } else { "" };
                    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
                    let (whole, fraction) = digits.split_at(digits.len() - scale);
                    let point = if scale > 0 { "." } else { "" };
                    format!("\"{sign}{whole}{point}{fraction}\"")
                })
                .boxed()
        }
        DataType::List(item) => {
            let item = nullable(item, can, absent);
            proptest::collection::vec(item, 0..4)
                .prop_map(|items| format!("[{}]", items.join(",")))
                .boxed()
        }
        DataType::Struct(fields) => row(fields, can, absent),
        other => panic!("{other}"),
    }
}

fn nullable(field: &Field, can: Can, absent: bool) -> BoxedStrategy<String> {
    let value = value(field.data_type(), can, absent);
    match field.is_nullable() {
        true => prop_oneof![1 => Just("null".into()), 4 => value].boxed(),
        false => value,
    }
}

fn row(fields: &Fields, can: Can, absent: bool) -> BoxedStrategy<String> {
    let values: Vec<_> = fields.iter().map(|f| nullable(f, can, absent)).collect();
    let fields = fields.clone();
    values
        .prop_map(move |values| {
            let fields = fields.iter().zip(values).filter(|(field, value)| {
                !(absent && value == "null" && field.data_type() != &DataType::Null)
            });
            let fields: Vec<String> =
                fields.map(|(field, value)| format!("\"{}\":{value}", field.name())).collect();
            format!("{{{}}}", fields.join(","))
        })
        .boxed()
}

fn output(can: Can, absent: bool) -> impl Strategy<Value = (Schema, Vec<String>)> {
    columns(data_type(can), can).prop_flat_map(move |fields| {
        let rows = proptest::collection::vec(row(&fields, can, absent), 1..4);
        (Just(Schema::new(fields)), rows)
    })
}

fn comes_back(codec: &dyn Codec, json: &str) -> Vec<u8> {
    let (mut payload, mut read) = (Vec::new(), String::new());
    codec.encode(json, &mut payload).unwrap();
    codec.decode(&payload, &mut read).unwrap();
    assert_eq!(json, read);
    payload
}

proptest! {
    #[test]
    fn avro((columns, rows) in output(AVRO, false)) {
        let writer = avro::writer("shop.orders-v1", &columns).unwrap();
        let schema = apache_avro::Schema::parse_str(writer.schema()).unwrap();
        let theirs = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().unwrap();
        let back = apache_avro::writer::datum::GenericDatumWriter::builder(&schema).build().unwrap();
        for json in rows {
            let payload = comes_back(&writer, &json);
            // Avro's own implementation reads it to the end, and would write it so.
            let mut rest = payload.as_slice();
            let value = theirs.read_value(&mut rest).unwrap();
            prop_assert!(rest.is_empty());
            prop_assert_eq!(&back.write_value_to_vec(value).unwrap(), &payload);
        }
    }

    #[test]
    fn protobuf((columns, rows) in output(PROTOBUF, true)) {
        let writer = protobuf::writer("shop.orders-v1", &columns).unwrap();
        for json in rows {
            comes_back(&writer, &json);
        }
    }
}
