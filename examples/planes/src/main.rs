//! Planes by manufacturer, and how far each plane flew: two inputs, two tables, and no join.

use ouzel::prelude::*;
use std::num::TryFromIntError;

#[derive(Record)]
struct Flight {
    tailnum: Option<String>,
    distance: i64,
}

#[derive(Record)]
struct Plane {
    tailnum: String,
    year: Option<i64>,
    manufacturer: String,
    seats: i64,
}

/// What the fleet of a manufacturer is made of.
#[derive(Record)]
struct Cabin {
    manufacturer: String,
    year: Option<i64>,
    seats: u16,
}

/// A manufacturer's planes.
#[derive(Record)]
struct Fleet {
    planes: u64,
    mean_seats: f64,
    oldest: Option<i64>,
    newest: Option<i64>,
}

/// What one record, a flight or an entry in the register, says of a plane.
#[derive(Record)]
struct Fact {
    tailnum: String,
    flights: u64,
    miles: i64,
    seats: Option<i64>,
    manufacturer: Option<String>,
}

/// All that is known of a plane.
#[derive(Record)]
struct Service {
    flights: u64,
    miles: i64,
    seats: Option<i64>,
    manufacturer: Option<String>,
}

/// Planes built since a year by manufacturer, and the service of every plane.
///
/// `makers` has the planes in the register that were built in the year `since` or after it; those
/// of which the year is not known do not count. A number of seats that is negative or too great is
/// an error, and follows the error policy.
///
/// `service` has every tail number that flew or is in the register. The register has each once, so
/// that a merge of both inputs and an aggregate say what an outer join would: without an entry,
/// seats and manufacturer are null; without a flight, there are 0 flights.
#[job]
fn fleet(
    flights: Stream<Flight>,
    planes: Stream<Plane>,
    since: i64,
) -> (Table<String, Fleet>, Table<String, Service>) {
    let makers = planes
        .filter(|p| p.year >= Some(since))
        .try_map(|p| -> Result<_, TryFromIntError> {
            let seats = u16::try_from(p.seats)?;
            Ok(CabinRef { manufacturer: p.manufacturer, year: p.year, seats })
        })
        .key_by(|c| c.manufacturer)
        .aggregate(Fleet {
            planes: count(),
            mean_seats: mean(|c| c.seats),
            oldest: min(|c| c.year),
            newest: max(|c| c.year),
        });

    let registered = planes.map(|p| FactRef {
        tailnum: p.tailnum,
        flights: 0,
        miles: 0,
        seats: Some(p.seats),
        manufacturer: Some(p.manufacturer),
    });
    // A flight without a tail number is a flight of no plane that is known.
    let flown = flights.filter_map(|f| {
        f.tailnum.map(|tailnum| FactRef {
            tailnum,
            flights: 1,
            miles: f.distance,
            seats: None,
            manufacturer: None,
        })
    });
    let service = flown.merge(registered).key_by(|f| f.tailnum).aggregate(Service {
        flights: sum(|f| f.flights),
        miles: sum(|f| f.miles),
        seats: max(|f| f.seats),
        manufacturer: max(|f| f.manufacturer),
    });

    (makers, service)
}

fn main() -> ExitCode {
    fleet.main()
}
