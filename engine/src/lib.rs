mod config;

pub use config::{RunConfig, StreamConfig};
