//! Every type's way to bytes and back.

use super::{Kind, Leg, Trip, leg, trip};
use ouzel_dsl::data::{Data, List};
use ouzel_dsl::{Approx, Bytes, Date, Decimal, Final, Timestamp, Window, Windowed, fuzz};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn stored<T: Data>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    T::store(value.view(), &mut out);
    out
}

/// Reads a value back, and checks that this moves past it and no further.
fn loaded<T: Data>(bytes: &[u8]) -> T {
    let followed = [bytes, &[9]].concat();
    let mut rest = followed.as_slice();
    let view = T::load(&mut rest).expect("what was stored reads back");
    assert_eq!(rest, [9]);
    T::own(view)
}

/// That a value comes back as the same bytes: those tell values apart where `==` does not.
fn comes_back<T: Data>(value: T) -> T {
    let bytes = stored(&value);
    let back = loaded::<T>(&bytes);
    assert_eq!(stored(&back), bytes);
    back
}

#[test]
fn numbers_come_back_to_the_bit() {
    let nan = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1);
    for float in [0.0, -0.0, f64::NAN, nan, f64::MIN_POSITIVE / 2.0, f64::NEG_INFINITY] {
        assert_eq!(comes_back(float).to_bits(), float.to_bits());
    }
    let single = f32::from_bits(f32::NAN.to_bits() | 5);
    assert_eq!(comes_back(single).to_bits(), single.to_bits());
    assert_eq!(comes_back(-0.0f32).to_bits(), (-0.0f32).to_bits());
    let small = (i8::MIN, i16::MIN, i32::MIN, i64::MIN, u8::MAX, u16::MAX, u32::MAX, u64::MAX);
    assert_eq!(comes_back(small), small);
    let times = (Timestamp::from_micros(i64::MIN), Date::from_days(i32::MAX));
    assert_eq!(comes_back(times), times);
    let decimals = [i128::MIN, -1, i128::MAX].map(Decimal::<9>::from_units);
    assert_eq!(comes_back(decimals.to_vec()), decimals);
    assert_eq!(comes_back((true, false)), (true, false));
    let estimate = Approx::<f64>::load(&mut stored(&-0.0).as_slice()).unwrap();
    assert_eq!(stored(&estimate), stored(&-0.0));
}

#[test]
fn nothings_and_empties_are_told_apart() {
    let nested = [None, Some(None), Some(Some(()))];
    assert_eq!(comes_back(nested.to_vec()), nested);
    assert_eq!(comes_back(vec![(); 1000]).len(), 1000);
    let empty = (Some(String::new()), None::<Bytes>, Some(Vec::<Trip>::new()));
    assert_eq!(comes_back(empty.clone()), empty);
}

#[test]
fn keys_of_windows_and_their_final_rows_come_back() {
    let window = Window { start: Timestamp::from_micros(i64::MIN), end: Timestamp::from_micros(7) };
    let row = Windowed { key: (String::from("JFK"), Kind::Two), window };
    assert_eq!(comes_back(row.clone()), row);
    let last = Final { key: row.key, window, value: Some(vec![1.5]) };
    assert_eq!(comes_back(last.clone()), last);
}

#[test]
fn views_borrow_from_the_bytes() {
    let bytes = stored(&(String::from("ouzel"), Bytes(vec![1, 2])));
    let (text, raw) = <(String, Bytes)>::load(&mut bytes.as_slice()).unwrap();
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
    assert!(bytes.as_ptr_range().contains(&raw.as_ptr()));
}

#[test]
fn a_list_is_read_as_it_is_asked_for() {
    let values = vec![String::from("a"), String::from("b"), String::from("c")];
    let mut bytes = stored(&values);
    let list = Vec::<String>::load(&mut bytes.as_slice()).unwrap();
    assert_eq!((list.len(), list.get(1), list.get(3)), (3, Some("b"), None));
    assert_eq!(list, List::from(&values));
    assert!(list.iter().eq(["a", "b", "c"]));
    // The last item is no text any more: the list ends before it, also in columns.
    *bytes.last_mut().unwrap() = 0xFF;
    let list = Vec::<String>::load(&mut bytes.as_slice()).unwrap();
    let mut iter = list.iter();
    assert_eq!((iter.next(), iter.next()), (Some("a"), Some("b")));
    assert_eq!((iter.next(), iter.next()), (None, None));
    assert_eq!((list.get(2), Vec::own(list).len()), (None, 2));
    fuzz::stored::<Vec<String>>(&bytes);
}

#[test]
fn damaged_bytes_are_no_value() {
    assert_eq!(bool::load(&mut [2].as_slice()), None);
    assert_eq!(<()>::load(&mut [1].as_slice()), None);
    assert_eq!(Option::<bool>::load(&mut [2, 0].as_slice()), None);
    assert_eq!(Kind::load(&mut [3].as_slice()), None);
    assert_eq!(String::load(&mut [1, 0xFF].as_slice()), None);
    assert_eq!(String::load(&mut [2, b'a'].as_slice()), None);
    assert_eq!(i64::load(&mut [0; 7].as_slice()), None);
    // More items than bytes, however little an item takes.
    assert!(Vec::<()>::load(&mut [3, 2, 0, 0].as_slice()).is_none());
    let endless = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0];
    assert!(Vec::<()>::load(&mut endless.as_slice()).is_none());
}

type Wide = (Option<Trip>, Vec<Vec<Option<Leg>>>);

proptest! {
    #[test]
    fn records_come_back(row in trip(), legs in vec(vec(option::of(leg()), 0..3), 0..3)) {
        let row = (Some(row), legs);
        let bytes = stored(&row);
        let back: Wide = loaded(&bytes);
        prop_assert_eq!(&back, &row);
        let view = Wide::load(&mut bytes.as_slice()).unwrap();
        prop_assert!(view == row.view());
        // Also where they are stored from where they lie.
        let mut again = Vec::new();
        Wide::store(view, &mut again);
        prop_assert_eq!(&again, &bytes);
        fuzz::stored::<Wide>(&bytes);
    }

    #[test]
    fn what_is_cut_off_is_missed(row in trip(), part in 0.0..1.0) {
        let bytes = stored(&row);
        let cut = &bytes[..(bytes.len() as f64 * part) as usize];
        prop_assert!(Trip::load(&mut &*cut).is_none());
    }

    #[test]
    fn damaged_records_are_some_value_or_none(
        row in trip(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = stored(&row);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        fuzz::stored::<Trip>(&bytes);
    }

    #[test]
    fn any_bytes_are_some_value_or_none(
        bytes in vec(prop_oneof![Just(0u8), Just(1), Just(2), any::<u8>()], 0..200),
    ) {
        fuzz::stored::<Trip>(&bytes);
        fuzz::stored::<Vec<Leg>>(&bytes);
        fuzz::stored::<(Vec<()>, Option<Vec<Option<Vec<Bytes>>>>)>(&bytes);
    }
}
