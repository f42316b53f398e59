//! Where the gateway listens: an address of the operator's choice, but never beyond this machine
//! while the password is the one that everybody knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::model::App;

/// The password that is shipped.
pub const DEFAULT_PASSWORD: &str = "changeme";

/// An address to listen on and why it is that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// Why, for the log.
    pub why: &'static str,
}

impl App {
    /// Whether the password is the one that is shipped.
    pub fn has_default_password(&self) -> bool {
        self.auth_password.expose() == DEFAULT_PASSWORD
    }

    /// Where to listen.
    pub fn listen_addr(&self) -> Listen {
        let (host, why) = match (self.has_default_password(), self.listen_host) {
            (false, Some(host)) => (host, "app.listen_host"),
            (false, None) => (
                // With it come all IPv4 addresses too.
                IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                "all addresses: a password of your own is set",
            ),
            (true, Some(host)) if host.to_canonical().is_loopback() => (host, "app.listen_host"),
            (true, chosen) => (
                match chosen {
                    Some(IpAddr::V6(_)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
                    _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
                },
                "this machine only, until app.auth_password is one of your own",
            ),
        };
        Listen {
            address: SocketAddr::new(host, self.listen_port),
            why,
        }
    }
}
