//! Where the API listens, if not where masters push to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use dadns_keys::{Report, Text, keys, many};

use super::Settings;

keys! {
    /// The API.
    pub struct Api("api") {
        /// Where `/api`, `/token` and all else that is not for masters listens, each as ADDRESS:PORT, with TLS
        /// as `app.ssl_*` says; the listener for masters then has `CMD_...`, status and metrics only. Empty: one
        /// listener for all (`app.listen_*`). Port 0: any free port.
        pub listen: Vec<SocketAddr> = many(Text::Read(socket)), "[]";
    }
}

fn socket(text: &str) -> Result<String, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err("an IP address and a port, such as 127.0.0.1:8081 or [::1]:8081".to_owned()),
    }
}

/// Which listener a route is asked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    /// The only one.
    Only,
    /// That for masters, beside one for the API.
    Masters,
    /// One for the API.
    Api,
}

impl Listener {
    /// Whether it answers at `path`.
    pub fn answers(self, path: &str) -> bool {
        match (self, path) {
            (Self::Only, _) | (_, "/health" | "/status" | "/queue_status" | "/metrics") => true,
            (Self::Masters, path) => path.starts_with("/CMD_"),
            (Self::Api, path) => !path.starts_with("/CMD_"),
        }
    }
}

impl Api {
    /// Where to listen: on this machine only while the password of `app` is the default, as all accounts are
    /// good here too.
    pub fn addresses(&self, app: &Settings) -> Vec<SocketAddr> {
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in &self.listen {
            let mut address = *address;
            if app.has_default_password() && !address.ip().to_canonical().is_loopback() {
                address.set_ip(match address.ip() {
                    IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                    IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
                });
            }
            if address.port() == 0 || !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// Rules between its keys and those of `app`.
    pub fn check(&self, app: &Settings, report: &mut Report) {
        let masters = app.listen_addr().address;
        if masters.port() != 0 && self.listen.contains(&masters) {
            let message = format!("api.listen: {masters} is where masters push to (app.listen_*)");
            report.fail("api.listen", message);
        }
        if app.has_default_password() && self.addresses(app) != self.listen {
            report.warn(
                "api.listen",
                "app.auth_password is still the default: the API listens on this machine only, until you \
                 change it",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use dadns_keys::Secret;

    use super::*;

    #[test]
    fn while_the_password_is_the_default_the_api_is_on_this_machine_only() {
        let mut app: Settings = dadns_keys::defaults().unwrap();
        let listen = ["0.0.0.0:8081", "192.0.2.1:8081", "[::]:8081", "[::1]:8082"];
        let api = Api {
            listen: listen.map(|address| address.parse().unwrap()).to_vec(),
        };
        let shown = |app: &Settings| -> Vec<String> {
            let addresses = api.addresses(app);
            addresses.iter().map(ToString::to_string).collect()
        };
        assert_eq!(shown(&app), ["127.0.0.1:8081", "[::1]:8081", "[::1]:8082"]);
        app.auth_password = Secret::new("a-password-of-its-own");
        assert_eq!(shown(&app), listen);
    }

    #[test]
    fn each_route_is_on_the_listener_for_masters_or_on_that_of_the_api() {
        for (path, masters, api) in [
            ("/health", true, true),
            ("/metrics", true, true),
            ("/CMD_API_DNS_ADMIN", true, false),
            ("/api/v1/zones", false, true),
            ("/token", false, true),
            ("/", false, true),
        ] {
            assert!(Listener::Only.answers(path));
            assert_eq!(Listener::Masters.answers(path), masters, "{path}");
            assert_eq!(Listener::Api.answers(path), api, "{path}");
        }
    }
}
