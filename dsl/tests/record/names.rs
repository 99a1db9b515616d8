//! Names that the derive uses itself.

use super::support::round_trip;
use ouzel_dsl::Record;

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
