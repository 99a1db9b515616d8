//! Kafka's part of the contract, on a real broker that all tests share.

mod errors;
mod formats;
mod group;
mod once;
mod places;
mod sink;
mod source;
