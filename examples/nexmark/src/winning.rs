//! Which bids count.

use ouzel::Timestamp;

/// Whether a bid is made while its auction lasts, both ends included.
pub fn in_time(bid: Timestamp, opens: Timestamp, expires: Timestamp) -> bool {
    opens <= bid && bid <= expires
}
