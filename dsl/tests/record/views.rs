//! Views, and the types in them.

use super::support::round_trip;
use super::{FlightRef, PlaneRef};
use super::{Payment, Plane};
use ouzel_dsl::data::{Data, Enumeration};
use ouzel_dsl::{List, Produce, Record, Tie, Timestamp};

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

pub mod elsewhere {
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
