//! `--metrics`: what a run says of itself over HTTP.

use super::Screen;
use clap::ArgMatches;
use ouzel_dsl::{Plan, Result};
use ouzel_engine::RunConfig;
use std::net::{Ipv4Addr, SocketAddr};

/// `HOST:PORT` by numbers, or a port of this machine alone.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        format!("{text:?} is not an address such as 9464, 127.0.0.1:9464 or [::1]:9464")
    })
}

/// Begins to answer, if it is asked for.
pub(super) fn serve(
    plan: &Plan,
    config: &mut RunConfig,
    matches: &ArgMatches,
    err: &Screen,
) -> Result<()> {
    let Some(address) = matches.get_one::<SocketAddr>("metrics") else { return Ok(()) };
    let monitor = ouzel_monitor::Monitor::new(plan);
    let bound = monitor.serve(*address)?;
    config.observers = std::mem::take(&mut config.observers).with(monitor);
    err.print(&format!("metrics at http://{bound}/metrics\n"))?;
    match bound.ip().is_loopback() {
        true => Ok(()),
        false => err.print("note: whoever reaches that address can read them\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_this_machine_unless_told() {
        assert_eq!(address("9464").unwrap().to_string(), "127.0.0.1:9464");
        assert_eq!(address("0.0.0.0:80").unwrap().to_string(), "0.0.0.0:80");
        assert_eq!(address("[::1]:80").unwrap().to_string(), "[::1]:80");
        for wrong in ["", "localhost", "70000", "127.0.0.1"] {
            assert!(address(wrong).unwrap_err().contains("such as 9464"), "{wrong}");
        }
    }
}
