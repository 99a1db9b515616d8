//! Ports that nobody listens on.

use crate::error::{Error, Result};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::ops::Range;

/// Below those that systems give to outgoing connections: a client that tries again and again to
/// reach a broker that was killed could otherwise be given that very port, connect to itself, and
/// keep the broker from coming back.
const PORTS: Range<u16> = 20_000..32_000;

/// A port at random, so that processes that start at once do not choose the same.
pub fn free() -> Result<u16> {
    let random = || RandomState::new().build_hasher().finish();
    let length = u64::from(PORTS.end - PORTS.start);
    (0..1000)
        .map(|_| PORTS.start + (random() % length) as u16)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Error::new(format!("no port is free on 127.0.0.1 within {PORTS:?}")))
}
