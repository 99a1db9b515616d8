//! Units of the calendar.

use jiff::Span;
use jiff::civil::{Date, Weekday};

/// What of the calendar is a window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The first day of the one that holds a day.
    pub(super) fn first(self, day: Date) -> Option<Date> {
        match self {
            Unit::Day => Some(day),
            Unit::Week => {
                let passed = day.weekday().since(Weekday::Monday);
                day.checked_sub(Span::new().days(passed)).ok()
            }
            Unit::Month => Some(day.first_of_month()),
            Unit::Quarter => Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).ok(),
            Unit::Year => Some(day.first_of_year()),
        }
    }

    /// The first day of the one after that which begins with `first`.
    pub(super) fn after(self, first: Date) -> Option<Date> {
        let length = match self {
            Unit::Day => Span::new().days(1),
            Unit::Week => Span::new().weeks(1),
            Unit::Month => Span::new().months(1),
            Unit::Quarter => Span::new().months(3),
            Unit::Year => Span::new().years(1),
        };
        first.checked_add(length).ok()
    }

    /// As many days as none has, whatever the zone does with its clocks.
    pub(super) fn longest_days(self) -> i64 {
        match self {
            Unit::Day => 3,
            Unit::Week => 9,
            Unit::Month => 33,
            Unit::Quarter => 94,
            Unit::Year => 368,
        }
    }

    pub(super) fn plural(self) -> &'static str {
        match self {
            Unit::Day => "days",
            Unit::Week => "weeks",
            Unit::Month => "months",
            Unit::Quarter => "quarters",
            Unit::Year => "years",
        }
    }
}
