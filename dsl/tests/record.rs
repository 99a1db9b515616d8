//! `#[derive(Record)]` at work, for every type of field and every attribute.

mod support;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use ouzel_dsl::data::{Bad, Builder, Column, Data, Enumeration};
use ouzel_dsl::schema::{Type, Wire};
use ouzel_dsl::{Bytes, Date, Decimal, Key, Keyed, List, Produce, Record, Stream, Tie, Timestamp};
use std::sync::Arc;
use support::{bad, batch, open, read, round_trip, written};

/// A flight, without a derive but this one.
#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl, rename_all = "kebab-case")]
enum Payment {
    CreditCard,
    Cash,
    #[record(rename = "n/a")]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Plane {
    model: String,
    seats: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Everything {
    yes: bool,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    f32: f32,
    f64: f64,
    text: String,
    path: elsewhere::Name,
    bytes: Bytes,
    numbers: Vec<u8>,
    time: Timestamp,
    day: Date,
    price: Decimal<2>,
    kind: Payment,
    plane: Plane,
    pair: (String, i64),
    maybe_text: Option<String>,
    maybe_kind: Option<Payment>,
    maybe_plane: Option<Plane>,
    maybe_pair: Option<(Option<i64>, Vec<String>)>,
    planes: Vec<Plane>,
    deep: Option<Vec<Option<Vec<Option<Plane>>>>>,
    r#type: i64,
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

/// A view that borrows, one that has views of the user's types, one that borrows nothing, and one
/// that does through another record only.
#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Plain {
    n: i64,
    time: Option<Timestamp>,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Mixed {
    name: String,
    kind: Payment,
    plane: Plane,
    kinds: Vec<Payment>,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Outer {
    plane: Option<Plane>,
}

/// What the stages of a job do with the types of its twin.
fn shorter<'b>(
    name: &'b str,
    flights: Tie<FlightRef<'static>>,
    plains: Tie<PlainRef<'static>>,
    mixed: Tie<MixedRef<'static>>,
    outer: Tie<OuterRef<'static>>,
) -> (FlightRef<'b>, PlainRef<'b>, MixedRef<'b>, OuterRef<'b>) {
    let plane = PlaneRef { model: name, seats: None };
    let flight =
        FlightRef { scheduled: Timestamp::from_micros(0), carrier: name, dep_delay: Some(1.0) };
    let kinds = List::from(&[Payment::Cash][..]);
    (
        flights.is(flight),
        plains.is(PlainRef { n: 1, time: None }),
        mixed.is(MixedRef { name, kind: Payment::Cash, plane, kinds }),
        outer.is(OuterRef { plane: Some(plane) }),
    )
}

#[test]
fn views_are_covariant_and_made_by_literals() {
    fn covariant<'a: 'b, 'b>(
        views: (FlightRef<'a>, PlainRef<'a>, MixedRef<'a>, OuterRef<'a>),
    ) -> (FlightRef<'b>, PlainRef<'b>, MixedRef<'b>, OuterRef<'b>) {
        views
    }
    let name = String::from("A320");
    let views = shorter(&name, Tie::new(), Tie::new(), Tie::new(), Tie::new());
    let (flight, plain, mixed, outer) = covariant(views);
    let FlightRef { carrier, .. } = flight;
    assert_eq!((carrier, flight.produce()), ("A320", flight));
    assert_eq!(Plain::own(plain.produce()).n, 1);
    assert_eq!(PlainRef { n: 2, ..plain }.n, 2);
    assert_eq!(Mixed::own(mixed).kinds, [Payment::Cash]);
    assert_eq!(Outer::own(outer.produce()).plane.unwrap().model, "A320");
    assert_eq!(
        format!("{mixed:?}"),
        "MixedRef { name: \"A320\", kind: Cash, plane: PlaneRef { model: \"A320\", seats: None }, kinds: [Cash] }"
    );
}

/// An enum that has nothing but what it must have: its record can be used all the same.
#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Bare {
    A = 7,
    B = 3,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct HasBare {
    bare: Bare,
    text: String,
}

#[test]
fn a_view_is_copied_even_where_it_cannot_be_compared() {
    let row = HasBare { bare: Bare::B, text: "x".into() };
    let (one, two) = (row.view(), row.view());
    assert_eq!((one.text, two.bare.index()), ("x", 1));
    assert_eq!(HasBare::own(one).bare.index(), Bare::B.index());
}

mod elsewhere {
    //! Aliases, and types that are reached by paths.
    pub type Name = String;

    #[derive(Clone, Debug, PartialEq, ouzel_dsl::Record)]
    #[record(crate = ouzel_dsl)]
    pub struct Tail {
        /// The aeroplane's number.
        pub number: Name,
        pub(super) owner: Option<Name>,
        private: i64,
    }

    impl Tail {
        pub fn new(number: &str) -> Tail {
            let tail = TailRef { number, owner: None, private: 3 };
            <Tail as ouzel_dsl::Data>::own(tail)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Named {
    tail: elsewhere::Tail,
    name: elsewhere::Name,
}

#[test]
fn aliases_and_paths_are_types_as_others() {
    let rows = [Named { tail: elsewhere::Tail::new("N1"), name: "x".into() }];
    assert_eq!(rows[0].view().tail.number, "N1");
    assert_eq!(rows[0].view().tail.owner, None);
    assert_eq!(round_trip(&rows), rows);
}

macro_rules! record_by_macro {
    ($name:ident, $ty:ty) => {
        #[derive(Clone, Debug, PartialEq, Record)]
        #[record(crate = ouzel_dsl)]
        struct $name {
            value: $ty,
            values: Vec<$ty>,
        }
    };
}

record_by_macro!(ByMacro, String);

#[test]
fn a_type_that_a_macro_gives_is_seen_through() {
    let rows = [ByMacro { value: "x".into(), values: vec!["y".into()] }];
    assert_eq!(round_trip(&rows), rows);
    let view: ByMacroRef<'_> = rows[0].view();
    assert_eq!(view.values.into_iter().collect::<Vec<&str>>(), ["y"]);
}

/// Names that the derive uses itself.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
#[allow(non_snake_case)]
struct Awkward {
    row: i64,
    bad: i64,
    view: i64,
    self_: String,
    fields: i64,
    arrays: i64,
    #[record(default = bad_fn())]
    state: i64,
    r#fn: i64,
}

fn bad_number() -> i64 {
    4
}

use bad_number as bad_fn;

#[test]
fn names_that_the_derive_uses_itself_are_free() {
    let row = Awkward {
        row: 1,
        bad: 2,
        view: 3,
        self_: String::new(),
        fields: 4,
        arrays: 5,
        state: bad_fn(),
        r#fn: 6,
    };
    assert_eq!(round_trip(std::slice::from_ref(&row)), [row]);
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Route {
    origin: String,
    gate: Option<i32>,
    kind: Payment,
    plane: Plane,
}

fn route(origin: &str, gate: Option<i32>, kind: Payment, seats: Option<u16>) -> Route {
    Route { origin: origin.into(), gate, kind, plane: Plane { model: "x".into(), seats } }
}

#[test]
fn records_are_keys_field_by_field_and_enums_by_their_order() {
    let ordered = [
        route("EWR", None, Payment::Unknown, None),
        route("EWR", Some(-1), Payment::CreditCard, None),
        route("EWR", Some(-1), Payment::CreditCard, Some(1)),
        route("EWR", Some(-1), Payment::Cash, None),
        route("EWRX", None, Payment::CreditCard, None),
    ];
    let encoded = ordered.clone().map(|key| {
        let mut out = Vec::new();
        Route::encode(key.view(), &mut out);
        out
    });
    assert!(encoded.windows(2).all(|pair| pair[0] < pair[1]));
    for (key, bytes) in ordered.iter().zip(&encoded) {
        let mut rest = bytes.as_slice();
        assert_eq!(Route::decode(&mut rest).as_ref(), Some(key));
        assert!(rest.is_empty());
        for other in &ordered {
            let equal = key == other;
            assert_eq!(key.same(other.view()), equal);
            assert_eq!(Route::hash(key.view(), 1) == Route::hash(other.view(), 1), equal);
        }
    }
    assert_eq!(Payment::decode(&mut [0, 9].as_slice()), None);
    let texts = String::heap_bytes("EWR") + String::heap_bytes("x");
    assert_eq!(Route::heap_bytes(ordered[0].view()), texts);
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

#[test]
fn closures_of_a_job_may_return_views() {
    fn routes(flights: Stream<Everything>) -> Stream<Route> {
        flights.filter(|f| f.kind == Payment::Cash).map(|f| RouteRef {
            origin: f.text,
            gate: None,
            kind: f.kind,
            plane: f.plane,
        })
    }
    fn planes(flights: Stream<Everything>) -> Stream<Plane> {
        flights.flat_map(|f| f.planes)
    }
    fn by_route(routes: Stream<Route>) -> Keyed<Route, Route> {
        routes.key_by(|r| *r)
    }
    fn by_kind(routes: Stream<Route>) -> Keyed<(Payment, Option<String>), Route> {
        routes.key_by(|r| (r.kind, Some(r.origin)))
    }
    by_route(routes(Stream::new()));
    by_kind(Stream::new());
    planes(Stream::new());
}
