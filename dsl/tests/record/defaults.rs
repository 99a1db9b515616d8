//! What is missing, null or bad.

use super::support::{bad, read, round_trip};
use super::{Payment, Plane};
use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::DataType;
use ouzel_dsl::data::Data;
use ouzel_dsl::schema::Type;
use ouzel_dsl::{Record, Timestamp};
use std::sync::Arc;

fn two() -> u64 {
    2
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Defaults {
    id: i64,
    #[record(default)]
    count: u64,
    #[record(default = two() + 1)]
    three: u64,
    #[record(default = "none")]
    note: String,
    #[record(default)]
    maybe: Option<f64>,
    #[record(default = Payment::Cash)]
    payment: Payment,
    #[record(default = Plane { model: "?".to_owned(), seats: None })]
    plane: Plane,
    #[record(default = Timestamp::from_micros(5_000), unit = "ms")]
    time: Timestamp,
}

#[test]
fn a_missing_column_or_null_is_filled_with_the_default() {
    let filled = |id| Defaults {
        id,
        count: 0,
        three: 3,
        note: "none".into(),
        maybe: None,
        payment: Payment::Cash,
        plane: Plane { model: "?".into(), seats: None },
        time: Timestamp::from_micros(5_000),
    };
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let without = RecordBatch::try_from_iter([("id", ids.clone())]).unwrap();
    assert_eq!(read::<Defaults>(&without), [filled(1), filled(2)]);
    let notes: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
    let payments: ArrayRef = Arc::new(StringArray::from(vec![None, Some("n/a")]));
    let nulls =
        RecordBatch::try_from_iter([("id", ids), ("note", notes), ("payment", payments)]).unwrap();
    let one = Defaults { note: "x".into(), ..filled(1) };
    let two = Defaults { payment: Payment::Unknown, ..filled(2) };
    assert_eq!(read::<Defaults>(&nulls), [one.clone(), two]);
    assert_eq!(round_trip(std::slice::from_ref(&one)), [one]);
    assert!(Defaults::fields()[1].has_default && !Defaults::fields()[0].has_default);
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Fleet {
    maybe: Option<Plane>,
    planes: Vec<Plane>,
}

#[test]
fn what_is_bad_under_a_null_does_not_count() {
    let models: ArrayRef = Arc::new(StringArray::from(vec![None, Some("A320"), None]));
    let seats = arrow::array::new_null_array(&DataType::UInt16, 3);
    let Type::Struct(fields) = Plane::ty() else { panic!("a record is a struct") };
    let nullable = fields.iter().map(|f| f.arrow().with_nullable(true)).collect::<Vec<_>>();
    let nulls = vec![false, true, true].into();
    let planes: ArrayRef =
        Arc::new(StructArray::new(nullable.into(), vec![models, seats], Some(nulls)));
    let batch = RecordBatch::try_from_iter([("maybe", planes)]).unwrap();
    assert_eq!(bad::<Fleet>(&batch), [(2, "column `maybe.model` is null".to_owned())]);
}

#[test]
fn a_nested_field_that_is_missing_is_named() {
    let models: ArrayRef = Arc::new(StringArray::from(vec!["A320"]));
    let field = arrow::datatypes::Field::new("modell", DataType::Utf8, false);
    let planes: ArrayRef = Arc::new(StructArray::new(vec![field].into(), vec![models], None));
    let batch = RecordBatch::try_from_iter([("maybe", planes)]).unwrap();
    assert_eq!(bad::<Fleet>(&batch), [(0, "column `maybe` has no field `model`".to_owned())]);
    assert!(!Fleet::fields()[0].accepts(batch.column(0).data_type()));
}
