//! Every type's way to columns and back, keys, and texts, with random values.

mod stored;
#[path = "../support/mod.rs"]
mod support;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, Int8Array, LargeBinaryArray, LargeListArray,
    LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, UInt8Type};
use ouzel_dsl::data::{Bad, Builder, Column, Data, List, open_field};
use ouzel_dsl::schema::Field;
use ouzel_dsl::{Bytes, Date, Decimal, Key, Record, Timestamp, json};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;
use support::{batch, read, round_trip};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
#[record(crate = ouzel_dsl)]
enum Kind {
    One,
    Two,
    Three,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
#[record(crate = ouzel_dsl)]
struct Leg {
    origin: String,
    gate: Option<i32>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl, rename_all = "SCREAMING_SNAKE_CASE")]
struct Trip {
    id: u64,
    ok: Option<bool>,
    paid: Decimal<4>,
    note: Option<String>,
    raw: Bytes,
    begun: Timestamp,
    #[record(unit = "us")]
    ended: Option<Timestamp>,
    day: Date,
    speeds: (f32, Option<f64>),
    legs: Vec<Leg>,
    deep: Option<Vec<Option<Vec<Option<Leg>>>>>,
    first: Option<Leg>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zß\\x00]{0,6}", any::<String>()]
}

fn leg() -> impl Strategy<Value = Leg> {
    let kind = prop_oneof![Just(Kind::One), Just(Kind::Two), Just(Kind::Three)];
    (text(), option::of(any::<i32>()), kind).prop_map(|(origin, gate, kind)| Leg {
        origin,
        gate,
        kind,
    })
}

fn trip() -> impl Strategy<Value = Trip> {
    let plain = (
        any::<u64>(),
        option::of(any::<bool>()),
        (-10i128.pow(38) + 1..10i128.pow(38)).prop_map(Decimal::from_units),
        option::of(text()),
        vec(any::<u8>(), 0..4).prop_map(Bytes),
    );
    let times = (
        any::<i64>().prop_map(Timestamp::from_micros),
        option::of(any::<i64>().prop_map(Timestamp::from_micros)),
        any::<i32>().prop_map(Date::from_days),
        (-1e30f32..1e30, option::of(-1e300f64..1e300)),
    );
    let legs = (
        vec(leg(), 0..3),
        option::of(vec(option::of(vec(option::of(leg()), 0..3)), 0..3)),
        option::of(leg()),
    );
    (plain, times, legs).prop_map(|(plain, times, legs)| {
        let ((id, ok, paid, note, raw), (begun, ended, day, speeds), (legs, deep, first)) =
            (plain, times, legs);
        Trip { id, ok, paid, note, raw, begun, ended, day, speeds, legs, deep, first }
    })
}

fn encoded<K: Key>(key: &K) -> Vec<u8> {
    let mut out = Vec::new();
    K::encode(key.view(), &mut out);
    out
}

/// A key of every kind whose order std knows.
type Wide = (Option<String>, (i8, u16), Vec<u8>, bool, Leg, i64);
type WideKey = (Option<String>, (i8, u16), Bytes, bool, Leg, Timestamp);

fn wide() -> impl Strategy<Value = Wide> {
    let small = (-1i8..2, 0u16..2);
    let bytes = vec(prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()], 0..3);
    let short = option::of("[ab\\x00]{0,2}");
    (short, small, bytes, any::<bool>(), leg(), prop_oneof![-1i64..2, any::<i64>()])
}

fn wide_key(wide: &Wide) -> WideKey {
    let (a, b, c, d, e, f) = wide.clone();
    (a, b, Bytes(c), d, e, Timestamp::from_micros(f))
}

proptest! {
    #[test]
    fn records_survive_the_way_to_columns_and_back(rows in vec(trip(), 0..8)) {
        prop_assert_eq!(&round_trip(&rows), &rows);
        prop_assert_eq!(&read::<Trip>(&batch(&rows)), &rows);
    }

    #[test]
    fn so_do_options_lists_and_tuples_of_them(rows in vec((option::of(trip()), vec(leg(), 0..3)), 0..8)) {
        prop_assert_eq!(&round_trip(&rows), &rows);
        let options: Vec<_> = rows.into_iter().map(|row| Some(row.0)).collect();
        prop_assert_eq!(round_trip(&options).len(), options.len());
    }

    #[test]
    fn a_slice_of_a_batch_is_a_slice_of_its_rows(
        (rows, start, len) in vec(trip(), 1..8).prop_flat_map(|rows| {
            let len = rows.len();
            (Just(rows), 0..len).prop_flat_map(move |(rows, start)| (Just(rows), Just(start), 0..=len - start))
        })
    ) {
        let batch = batch(&rows).slice(start, len);
        prop_assert_eq!(&read::<Trip>(&batch)[..], &rows[start..start + len]);
    }

    #[test]
    fn views_own_and_shorten_to_the_same(row in trip()) {
        prop_assert_eq!(&Trip::own(row.view()), &row);
        prop_assert_eq!(Trip::own(Trip::shorten(row.view())), row.clone());
        prop_assert!(row.view() == row.clone().view());
    }

    #[test]
    fn keys_order_as_their_encodings_and_read_back(a in wide(), b in wide()) {
        let (key_a, key_b) = (wide_key(&a), wide_key(&b));
        let (bytes_a, bytes_b) = (encoded(&key_a), encoded(&key_b));
        prop_assert_eq!(bytes_a.cmp(&bytes_b), a.cmp(&b));
        prop_assert_eq!(key_a.same(key_b.view()), a == b);
        if a == b {
            prop_assert_eq!(WideKey::hash(key_a.view(), 7), WideKey::hash(key_b.view(), 7));
        } else {
            prop_assert!(!bytes_a.starts_with(&bytes_b), "one key is another's beginning");
        }
        let mut rest = [bytes_a.as_slice(), &[9]].concat();
        let mut read = rest.as_slice();
        prop_assert_eq!(WideKey::decode(&mut read), Some(key_a));
        prop_assert_eq!(read, &[9]);
        rest.truncate(bytes_a.len() - 1);
        prop_assert_eq!(WideKey::decode(&mut rest.as_slice()), None);
    }

    #[test]
    fn any_bytes_are_a_key_or_none(bytes in vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..40)) {
        let mut read = bytes.as_slice();
        if let Some(key) = WideKey::decode(&mut read) {
            let used = bytes.len() - read.len();
            // A bool may be any byte but 0.
            prop_assert_eq!(encoded(&key).len(), used);
        }
    }

    #[test]
    fn float_keys_order_by_value_with_nan_last(a in any::<f64>(), b in any::<f64>()) {
        let order = match (a.is_nan(), b.is_nan()) {
            (false, false) => (a + 0.0).total_cmp(&(b + 0.0)),
            (a, b) => a.cmp(&b),
        };
        prop_assert_eq!(encoded(&a).cmp(&encoded(&b)), order);
        prop_assert_eq!(a.same(b), order.is_eq());
        let (a, b) = (a as f32, b as f32);
        prop_assert_eq!(encoded(&a) == encoded(&b), a.same(b));
        let back = f32::decode(&mut encoded(&a).as_slice()).unwrap();
        prop_assert!(back.same(a));
    }

    #[test]
    fn texts_of_times_dates_and_decimals_read_back(
        micros in -377_705_116_800_000_000i64..253_402_300_800_000_000,
        units in -10i128.pow(38) + 1..10i128.pow(38),
    ) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(time.to_string().parse(), Ok(time));
        prop_assert_eq!(time.date().to_string().parse(), Ok(time.date()));
        let decimal = Decimal::<7>::from_units(units);
        prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
    }

    #[test]
    fn json_is_json_and_says_the_same(row in trip()) {
        let line = json::row(&batch(std::slice::from_ref(&row)), 0);
        prop_assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&value["ID"], row.id);
        prop_assert_eq!(value["NOTE"].as_str(), row.note.as_deref());
        prop_assert_eq!(&value["PAID"], &row.paid.to_string());
        prop_assert_eq!(&value["BEGUN"], &row.begun.to_string());
        // In full, since the reader of JSON rounds.
        let speed = row.speeds.1.map_or("null".to_owned(), |speed| format!("{speed:?}"));
        let speeds = format!("\"SPEEDS\":{{\"0\":{:?},\"1\":{speed}}}", row.speeds.0);
        prop_assert!(line.contains(&speeds), "{}", line);
        prop_assert_eq!(value["LEGS"].as_array().map(Vec::len), Some(row.legs.len()));
        if let Some(leg) = row.first {
            prop_assert_eq!(value["FIRST"]["origin"].as_str(), Some(leg.origin.as_str()));
        }
    }
}

/// The values of a column that a source gave, and what is bad in it.
fn opened<T: Data>(array: ArrayRef) -> (Vec<T>, Vec<usize>) {
    let field = Field::new("c", T::ty(), T::NULLABLE);
    let mut bad = Bad::default();
    let column = open_field::<T>(&array, &field, &mut bad);
    let values = (0..array.len()).map(|row| T::own(column.get(row))).collect();
    (values, bad.iter().map(|(row, _)| row).collect())
}

#[test]
fn text_is_read_in_each_of_arrows_layouts() {
    let values = [Some("a"), None, Some("ß")];
    let coded: DictionaryArray<Int32Type> = values.into_iter().collect();
    let small: DictionaryArray<UInt8Type> = values.into_iter().collect();
    let wide = DictionaryArray::<UInt8Type>::new(
        vec![0, 2, 1].into(),
        Arc::new(LargeStringArray::from(vec![Some("a"), Some("ß"), None])),
    );
    let arrays: [ArrayRef; 6] = [
        Arc::new(StringArray::from_iter(values)),
        Arc::new(LargeStringArray::from_iter(values)),
        Arc::new(StringViewArray::from_iter(values)),
        Arc::new(coded),
        Arc::new(small),
        Arc::new(wide),
    ];
    for array in arrays {
        let name = array.data_type().to_string();
        assert!(Field::new("c", String::ty(), true).accepts(array.data_type()), "{name}");
        let (texts, bad) = opened::<Option<String>>(array.clone());
        assert_eq!(texts, [Some("a".into()), None, Some("ß".into())], "{name}");
        assert_eq!(bad, [0; 0], "{name}");
        assert_eq!(opened::<String>(array).1, [1], "{name}");
    }
}

#[test]
fn numbers_are_widened_and_times_brought_to_microseconds() {
    assert_eq!(opened::<i64>(Arc::new(Int8Array::from(vec![-1]))).0, [-1]);
    assert_eq!(opened::<f64>(Arc::new(UInt32Array::from(vec![u32::MAX]))).0, [4294967295.0]);
    assert_eq!(opened::<Decimal<0>>(Arc::new(Int8Array::from(vec![-1]))).0[0].units(), -1);
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![-1]).with_timezone("UTC"));
    assert_eq!(opened::<Timestamp>(nanos).0, [Timestamp::from_micros(-1)]);
    let seconds: ArrayRef =
        Arc::new(TimestampSecondArray::from(vec![Some(2), None, Some(i64::MAX)]));
    let (times, bad) = opened::<Option<Timestamp>>(seconds);
    assert_eq!((times[0], times[1]), (Some(Timestamp::from_micros(2_000_000)), None));
    assert_eq!(bad, [2]);
    let bytes: ArrayRef = Arc::new(LargeBinaryArray::from(vec![Some(&b"x"[..]), None]));
    assert_eq!(opened::<Option<Bytes>>(bytes).0, [Some(Bytes(vec![b'x'])), None]);
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
    assert_eq!(opened::<Option<Bytes>>(text).0, [Some(Bytes(vec![b'x'])), None]);
}

#[test]
fn a_column_of_the_wrong_type_makes_every_row_bad() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let numbers: ArrayRef = Arc::new(Int8Array::from(vec![1, 2]));
    let decimals: ArrayRef = Arc::new(
        arrow::array::Decimal128Array::from(vec![1, 2]).with_precision_and_scale(38, 1).unwrap(),
    );
    assert_eq!(opened::<bool>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<f64>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<Timestamp>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<Date>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<Vec<String>>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<(String, i64)>(text.clone()).1, [0, 1]);
    assert_eq!(opened::<Leg>(text).1, [0, 1]);
    assert_eq!(opened::<String>(numbers.clone()).1, [0, 1]);
    assert_eq!(opened::<Bytes>(numbers.clone()).1, [0, 1]);
    assert_eq!(opened::<Kind>(numbers).1, [0, 1]);
    assert_eq!(opened::<Decimal<2>>(decimals).1, [0, 1]);
}

#[test]
fn absent_columns_give_some_value() {
    fn absent<T: Data>() -> T {
        T::own(T::Column::absent().get(9))
    }
    assert_eq!(absent::<(bool, i8, f32, String)>(), (false, 0, 0.0, String::new()));
    assert_eq!(absent::<(Bytes, Date, Vec<Trip>)>(), (Bytes::default(), Date::default(), vec![]));
    assert_eq!(absent::<(Kind, Option<Leg>)>().0, Kind::One);
    assert_eq!(absent::<Decimal<3>>(), Decimal::default());
    absent::<Trip>();
    absent::<((), Option<Vec<()>>)>();
}

#[test]
fn an_item_is_bad_in_the_row_that_holds_it_and_only_if_one_does() {
    // Items 0, 4 and 6 are null: before the first list, in the last row and under a null.
    let items: ArrayRef = Arc::new(StringArray::from(vec![
        None,
        Some("a"),
        Some("b"),
        Some("c"),
        None,
        Some("d"),
        None,
        None,
    ]));
    let item = Arc::new(ArrowField::new("item", DataType::Utf8, true));
    let offsets = vec![1, 1, 3, 3, 5, 7];
    let nulls = NullBuffer::from(vec![true, true, true, true, false]);
    let list = ListArray::new(
        item.clone(),
        OffsetBuffer::new(offsets.into()),
        items.clone(),
        Some(nulls.clone()),
    );
    let (lists, bad) = opened::<Option<Vec<String>>>(Arc::new(list));
    assert_eq!(bad, [3]);
    assert_eq!(lists[1], Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((&lists[0], &lists[4]), (&Some(vec![]), &None));
    let large = LargeListArray::new(
        item,
        OffsetBuffer::new(vec![1i64, 1, 3, 3, 5, 7].into()),
        items,
        Some(nulls),
    );
    assert_eq!(opened::<Option<Vec<String>>>(Arc::new(large)), (lists, bad));
}

#[test]
fn the_fields_of_a_tuple_are_found_by_name() {
    let field = |name| ArrowField::new(name, DataType::Utf8, true);
    let texts = |text| Arc::new(StringArray::from(vec![text, None, None])) as ArrayRef;
    let nulls = NullBuffer::from(vec![true, false, true]);
    let pairs = StructArray::new(
        vec![field("1"), field("0")].into(),
        vec![texts(Some("second")), texts(Some("first"))],
        Some(nulls),
    );
    let (values, bad) = opened::<Option<(String, String)>>(Arc::new(pairs));
    assert_eq!(values[0], Some(("first".to_owned(), "second".to_owned())));
    assert_eq!((values[1].clone(), bad), (None, vec![2]));
}

#[test]
fn nothing_at_all_is_a_value_too() {
    assert_eq!(round_trip(&[((), 1i64), ((), 2)]), [((), 1), ((), 2)]);
    assert_eq!((<()>::WIDTH, <()>::columns(&[])), (0, vec![]));
}

#[test]
fn json_shows_what_text_cannot() {
    let batch = RecordBatch::try_from_iter([
        ("a\"\\\n\u{1}", Arc::new(StringArray::from(vec!["\t\u{7f}ß"])) as ArrayRef),
        ("nan", Arc::new(arrow::array::Float64Array::from(vec![f64::NEG_INFINITY]))),
        ("small", Arc::new(arrow::array::Float32Array::from(vec![0.1]))),
        ("null", Arc::new(arrow::array::NullArray::new(1))),
        ("dict", Arc::new(vec![Some("x")].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("bytes", Arc::new(LargeBinaryArray::from(vec![&[0u8, 255][..]]))),
    ])
    .unwrap();
    assert_eq!(
        json::row(&batch, 0),
        "{\"a\\\"\\\\\\n\\u0001\":\"\\t\u{7f}ß\",\"nan\":\"-inf\",\"small\":0.1,\"null\":null,\
         \"dict\":\"x\",\"bytes\":\"00ff\"}"
    );
}

#[test]
fn lists_are_made_of_slices_and_iterate() {
    let values = vec![1i64, 2, 3];
    let list: List<'_, i64> = (&values).into();
    assert_eq!(list, List::from(&values[..]));
    assert_eq!((list.into_iter().len(), list.get(3)), (3, None));
    assert_eq!(list.into_iter().sum::<i64>(), 6);
    let mut builder = <Vec<i64> as Data>::Builder::default();
    builder.push(list);
    let array = builder.finish();
    let column = <Vec<i64> as Data>::Column::open(
        &array,
        &Field::new("c", Vec::<i64>::ty(), false),
        &mut Bad::default(),
    );
    assert_eq!(column.get(0), list);
}
