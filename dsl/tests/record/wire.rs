//! Other names, and times in other ways.

use super::Payment;
use super::support::{bad, batch, open, round_trip, written};
use arrow::array::{ArrayRef, AsArray, DictionaryArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};
use ouzel_dsl::data::{Bad, Column, Enumeration};
use ouzel_dsl::schema::Wire;
use ouzel_dsl::{Record, Timestamp};
use std::sync::Arc;

/// What follows is written with other names, and times in other ways.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl, rename_all = "camelCase")]
struct Renamed {
    #[record(event_time, unit = "ms")]
    event_at: Timestamp,
    #[record(unit = "s")]
    in_seconds: Option<Timestamp>,
    #[record(unit = "us")]
    in_micros: Timestamp,
    #[record(unit = "ns")]
    in_nanos: Timestamp,
    #[record(format = "%d.%m.%Y %H:%M", rename = "german time")]
    german: Option<Timestamp>,
}

#[test]
fn times_are_written_in_their_unit_or_format() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let full = Renamed {
        event_at: time("2013-01-01T10:15:00.123Z"),
        in_seconds: Some(time("1969-12-31T23:59:59Z")),
        in_micros: time("2013-01-01T10:15:00.123456Z"),
        in_nanos: time("2013-01-01T10:15:00.123456Z"),
        german: Some(time("2013-01-01T10:15:00Z")),
    };
    let rows = [full.clone(), Renamed { in_seconds: None, german: None, ..full }];
    assert_eq!(round_trip(&rows), rows);
    let batch = batch(&rows);
    let names: Vec<_> = batch.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["eventAt", "inSeconds", "inMicros", "inNanos", "german time"]);
    assert_eq!(names, Renamed::NAMES);
    let int = |i: usize| batch.column(i).as_primitive::<Int64Type>().value(0);
    assert_eq!((int(0), int(1), int(3)), (1_357_035_300_123, -1, 1_357_035_300_123_456_000));
    assert_eq!(batch.column(4).as_string::<i32>().value(0), "01.01.2013 10:15");
    assert_eq!(Renamed::fields()[4].wire, Wire::Format("%d.%m.%Y %H:%M"));
    let times = Renamed::event_times(&batch, &mut Bad::default()).unwrap();
    assert_eq!(times[0], rows[0].event_at.micros());
}

#[test]
fn a_time_not_of_its_format_or_out_of_range_is_noted() {
    let batch = RecordBatch::try_from_iter([
        ("german time", Arc::new(StringArray::from(vec![Some("2013-01-01"), None])) as ArrayRef),
        ("eventAt", Arc::new(Int64Array::from(vec![0, i64::MAX]))),
    ])
    .unwrap();
    let reasons = bad::<Renamed>(&batch);
    assert_eq!((reasons.len(), reasons[0].0, reasons[1].0), (2, 0, 1));
    let wanted = "column `german time`: \"2013-01-01\" is not a time as %d.%m.%Y %H:%M: ";
    assert!(reasons[0].1.starts_with(wanted), "{}", reasons[0].1);
    assert_eq!(reasons[1].1, "column `eventAt`: time 9223372036854775807 is out of range");
}

#[test]
fn enums_are_their_names_on_the_wire() {
    assert_eq!(Payment::NAMES, ["credit-card", "cash", "n/a"]);
    assert_eq!(Payment::VALUES, [Payment::CreditCard, Payment::Cash, Payment::Unknown]);
    let all = [Payment::CreditCard, Payment::Cash, Payment::Unknown];
    assert_eq!(round_trip(&all), all);
    assert_eq!(written(&all).column(0).as_string::<i32>().value(0), "credit-card");
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Paid {
    how: Payment,
    maybe: Option<Payment>,
}

#[test]
fn an_unknown_name_of_an_enum_is_noted_with_the_nearest() {
    let plain: ArrayRef =
        Arc::new(StringArray::from(vec![Some("Cash"), Some("cash"), Some("gift"), Some("cash")]));
    let coded: DictionaryArray<Int32Type> =
        [Some("cash"), None, Some("cash"), Some("credit card")].into_iter().collect();
    let batch =
        RecordBatch::try_from_iter([("how", plain), ("maybe", Arc::new(coded) as ArrayRef)])
            .unwrap();
    assert_eq!(
        bad::<Paid>(&batch),
        [
            (0, "column `how`: unknown name \"Cash\"; did you mean `cash`?".to_owned()),
            (
                2,
                "column `how`: unknown name \"gift\"; expected one of credit-card, cash, n/a"
                    .to_owned()
            ),
            (
                3,
                "column `maybe`: unknown name \"credit card\"; did you mean `credit-card`?"
                    .to_owned()
            ),
        ]
    );
    let (column, _) = open::<Paid>(&batch);
    assert_eq!(column.get(1), PaidRef { how: Payment::Cash, maybe: None });
}
