//! Every type of field, as columns.

use super::support::{batch, open, read, round_trip, written};
use super::views::elsewhere;
use super::{Flight, Payment, Plane, PlaneRef};
use arrow::array::{
    Array, ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use ouzel_dsl::data::{Bad, Builder, Column, Data};
use ouzel_dsl::schema::Type;
use ouzel_dsl::{Bytes, Date, Decimal, Record, Timestamp};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
pub struct Everything {
    pub yes: bool,
    pub i8: i8,
    pub i16: i16,
    pub i32: i32,
    pub i64: i64,
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub u64: u64,
    pub f32: f32,
    pub f64: f64,
    pub text: String,
    pub path: elsewhere::Name,
    pub bytes: Bytes,
    pub numbers: Vec<u8>,
    pub time: Timestamp,
    pub day: Date,
    pub price: Decimal<2>,
    pub kind: Payment,
    pub plane: Plane,
    pub pair: (String, i64),
    pub maybe_text: Option<String>,
    pub maybe_kind: Option<Payment>,
    pub maybe_plane: Option<Plane>,
    pub maybe_pair: Option<(Option<i64>, Vec<String>)>,
    pub planes: Vec<Plane>,
    pub deep: Option<Vec<Option<Vec<Option<Plane>>>>>,
    pub r#type: i64,
}

fn everything() -> Everything {
    let plane = Plane { model: "A320".into(), seats: Some(182) };
    Everything {
        yes: true,
        i8: -8,
        i16: -16,
        i32: -32,
        i64: i64::MIN,
        u8: 8,
        u16: 16,
        u32: 32,
        u64: u64::MAX,
        f32: 0.5,
        f64: -1e300,
        text: "süß".into(),
        path: String::new(),
        bytes: Bytes(vec![0, 255]),
        numbers: vec![1, 2],
        time: Timestamp::from_micros(-1),
        day: Date::from_days(15_706),
        price: Decimal::from_units(-350),
        kind: Payment::Cash,
        plane: plane.clone(),
        pair: ("x".into(), 7),
        maybe_text: Some("y".into()),
        maybe_kind: Some(Payment::Unknown),
        maybe_plane: Some(Plane { model: "747".into(), seats: None }),
        maybe_pair: Some((None, vec!["a".into(), String::new()])),
        planes: vec![plane.clone(), plane.clone()],
        deep: Some(vec![None, Some(vec![None, Some(plane)]), Some(vec![])]),
        r#type: 3,
    }
}

fn nothing() -> Everything {
    Everything {
        maybe_text: None,
        maybe_kind: None,
        maybe_plane: None,
        maybe_pair: None,
        planes: vec![],
        deep: None,
        ..everything()
    }
}

#[test]
fn every_type_of_field_survives_the_way_to_columns_and_back() {
    let rows = [everything(), nothing(), everything()];
    assert_eq!(round_trip(&rows), rows);
    let nested = rows.map(|row| Some(vec![row]));
    assert_eq!(round_trip(&nested), nested);
}

#[test]
fn a_source_reads_columns_by_name_whatever_their_order() {
    let rows = [everything(), nothing()];
    let batch = batch(&rows);
    let order: Vec<usize> = (0..batch.num_columns()).rev().collect();
    assert_eq!(read::<Everything>(&batch.project(&order).unwrap()), rows);
}

#[test]
fn the_names_of_fields_are_as_written() {
    assert_eq!(Flight::NAME, "Flight");
    assert_eq!(Flight::FIELDS, ["scheduled", "carrier", "dep_delay"]);
    assert_eq!(Flight::NAMES, Flight::FIELDS);
    assert_eq!(Everything::FIELDS.last(), Some(&"type"));
    assert_eq!((Flight::WIDTH, Plane::WIDTH), (3, 2));
    assert_eq!(Flight::event_time(), Some(0));
    assert_eq!(Plane::event_time(), None);
    let fields = Flight::fields();
    assert_eq!(fields[2].ty, Type::Float { bits: 64 });
    assert!(fields[2].nullable && !fields[1].nullable);
    assert_eq!(Flight::ty(), Type::Struct(fields));
}

#[test]
fn columns_that_were_not_decoded_give_some_value() {
    let column = <Everything as Data>::Column::absent();
    let row = Everything::own(column.get(5));
    assert_eq!((row.text.as_str(), row.kind, row.planes.len()), ("", Payment::CreditCard, 0));
    let projected = batch(&[everything()]).project(&[11]).unwrap();
    let (column, bad) = open::<Everything>(&projected);
    assert!(bad.is_empty());
    assert_eq!((column.get(0).text, column.get(0).i64), ("süß", 0));
}

#[test]
fn a_null_where_none_may_be_is_noted_and_where_one_may_be_is_none() {
    let batch = RecordBatch::try_from_iter([
        ("carrier", Arc::new(StringArray::from(vec![Some("UA"), None])) as ArrayRef),
        ("dep_delay", Arc::new(Float64Array::from(vec![None, Some(1.5)]))),
    ])
    .unwrap();
    let (column, bad) = open::<Flight>(&batch);
    assert_eq!(bad.iter().collect::<Vec<_>>(), [(1, "column `carrier` is null")]);
    assert_eq!(column.get(0).dep_delay, None);
}

#[test]
fn event_times_are_read_ahead_and_their_nulls_noted() {
    let times = TimestampMillisecondArray::from(vec![Some(1), None]);
    let batch = RecordBatch::try_from_iter([("scheduled", Arc::new(times) as ArrayRef)]).unwrap();
    let mut bad = Bad::default();
    assert_eq!(Flight::event_times(&batch, &mut bad).unwrap()[0], 1_000);
    assert_eq!(bad.iter().collect::<Vec<_>>(), [(1, "column `scheduled` is null")]);
    assert!(Plane::event_times(&batch, &mut bad).is_none());
    assert!(Flight::event_times(&written(&[Some(1i64)]), &mut bad).is_none());
}

#[test]
fn a_builder_begins_anew_after_it_gave_its_columns() {
    let mut builder = <Plane as Data>::Builder::default();
    builder.push_null();
    builder.push(PlaneRef { model: "x", seats: None });
    let first = builder.finish();
    assert_eq!((first.len(), first.null_count()), (2, 1));
    builder.push(PlaneRef { model: "y", seats: None });
    let mut columns = Vec::new();
    builder.finish_row(&mut columns);
    assert_eq!(columns.iter().map(|c| c.len()).collect::<Vec<_>>(), [1, 1]);
    builder.push(PlaneRef { model: "z", seats: None });
    assert_eq!((builder.finish().len(), builder.finish().len()), (1, 0));
}
