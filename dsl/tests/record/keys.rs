//! Records as keys, and in a job.

use super::columns::Everything;
use super::{Payment, Plane};
use ouzel_dsl::data::Data;
use ouzel_dsl::{Key, Keyed, Record, Stream};

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
