//! Days and minutes of UTC as texts.

use ouzel::Timestamp;

/// `1970-01-31`.
pub fn day(time: Timestamp) -> String {
    time.date().to_string()
}

/// `23:59`.
pub fn minute(time: Timestamp) -> String {
    let of_day = time.micros().div_euclid(60_000_000).rem_euclid(24 * 60);
    format!("{:02}:{:02}", of_day / 60, of_day % 60)
}
