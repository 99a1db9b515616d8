//! Ranks of bids.

/// The rank of a bid with this price: 1 for the cheapest, to 3.
pub fn rank(price: i64) -> u8 {
    match price {
        ..10_000 => 1,
        10_000..1_000_000 => 2,
        1_000_000.. => 3,
    }
}
