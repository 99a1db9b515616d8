//! The input and output of `restart`: a click of each of many users, and how many each has.

use crate::bids::{producer, send};
use crate::cluster::{PARTITIONS, PATIENCE};
use crate::{Result, check};
use rdkafka::producer::{BaseRecord, Producer};
use serde_json::Value;
use std::time::Duration;

/// A click of each of the first so many users.
pub fn produce(broker: &str, topic: &str, users: u64) -> Result {
    let producer = producer(broker)?;
    for n in 0..users {
        let payload = format!(r#"{{"user":{}}}"#, user(n));
        let partition = (n % PARTITIONS as u64) as i32;
        send(&producer, BaseRecord::to(topic).partition(partition).payload(&payload))?;
        if n % 1_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    Ok(producer.flush(PATIENCE)?)
}

/// How many of the first so many users have a count of 1, and how many of 2.
pub fn counts(broker: &str, topic: &str, users: u64) -> Result<(u64, u64)> {
    let mut counts = vec![0u8; usize::try_from(users)?];
    check::each(broker, topic, |payload| {
        let row: Value = serde_json::from_slice(payload)?;
        let number = |name: &str| row.get(name).and_then(Value::as_u64);
        let (Some(user), Some(count)) = (number("user"), number("count")) else {
            return Err(format!("not a row of the output: {row}").into());
        };
        let at = usize::try_from(index(user))?;
        *counts.get_mut(at).ok_or_else(|| format!("{user} is no user"))? = u8::try_from(count)?;
        Ok(())
    })?;
    let of = |value: u8| counts.iter().filter(|count| **count == value).count() as u64;
    Ok((of(1), of(2)))
}

/// Users are numbers below 2^48.
const USERS: u64 = (1 << 48) - 1;

/// Odd, so that each index has a user of its own; the higher bits of it are well mixed.
const FACTOR: u64 = 0x9E37_79B9_7F4B;

/// The user of an index.
fn user(index: u64) -> u64 {
    index.wrapping_mul(FACTOR) & USERS
}

/// The index of a user.
fn index(user: u64) -> u64 {
    user.wrapping_mul(inverse(FACTOR)) & USERS
}

/// What an odd number is to be multiplied with to give 1: each step of Newton's doubles the bits that
/// are right, of which there are three at first.
const fn inverse(odd: u64) -> u64 {
    let (mut inverse, mut bits) = (odd, 3);
    while bits < 64 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_has_a_user_of_its_own() {
        for n in (0..1_000).chain(9_999_000..10_000_000) {
            assert_eq!(index(user(n)), n);
        }
        assert_eq!(FACTOR.wrapping_mul(inverse(FACTOR)), 1);
    }
}
