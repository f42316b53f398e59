//! What an operator can say about the HTTP face, and where it listens: at an address of the operator's
//! choice, but on loopback only while the password is still the default.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use dadns_keys::{
    Report, Secret, Text, any, boolean, checked, keys, many, network, one, optional, secret,
    secrets, user_name, whole,
};
use dadns_zone::Limits;
use ipnet::IpNet;

use crate::access::totp::SecondFactor;

/// The password that is shipped.
pub const DEFAULT_PASSWORD: &str = "changeme";

keys! {
    /// The HTTP face towards DirectAdmin.
    pub struct Settings("app") {
        /// The user name that DirectAdmin presents (its multi server setup).
        pub auth_username: String = one(Text::Read(user_name)), "directdnsonly";
        /// The password that it presents. While it is still the default, the gateway listens on this machine
        /// only.
        pub auth_password: Secret = secret(), "changeme";
        /// Accounts of operators, each as NAME:PASSWORD. If there are any, only they may run operations
        /// (verify, import, reconcile, rollback, approve, reject), and the command line uses the first one.
        /// Empty: the account above may, that is, every master that knows it. A file may hold one on each
        /// line.
        pub operators: Vec<Account> = secrets(checked::<Account>()), "[]";
        /// Second factors of operators, each as NAME:SECRET; `dadns account totp NAME` makes one. The web page asks
        /// for the code after the password, and the API takes tokens instead of that password. A file may hold
        /// one on each line.
        pub second_factors: Vec<Factor> = secrets(checked::<Factor>()), "[]";
        /// Failed logins per minute that one address (IPv6: one /64) may make before it has to wait.
        pub auth_failures_per_minute: u32 = whole(1, 10_000), "10";
        /// Address to listen on. Empty: all addresses, or 127.0.0.1 while the password is the default.
        pub listen_host: Option<IpAddr> = optional(address()), "\"\"";
        /// Port to listen on. 0: any free port; the log says which.
        pub listen_port: u16 = whole(0, 65_535), "2222";
        /// Whether the web page is at `/web`, and at `/` unless plain REST is there.
        pub web: bool = boolean(), "true";
        /// Minutes after which a session of the web page ends that is not used.
        pub web_idle_minutes: u64 = whole(1, 1_440), "30";
        /// Hours after which a session of the web page ends in any case.
        pub web_session_hours: u64 = whole(1, 168), "12";
        /// Whether to speak TLS.
        pub ssl_enable: bool = boolean(), "false";
        /// PEM file of the certificate, or of the whole chain.
        pub ssl_cert: Option<PathBuf> = optional(any()), "\"\"";
        /// PEM file of the key of that certificate.
        pub ssl_key: Option<PathBuf> = optional(any()), "\"\"";
        /// PEM file of the rest of the chain, where the certificate file does not hold it.
        pub ssl_bundle: Option<PathBuf> = optional(any()), "\"\"";
        /// Behind a reverse proxy: take the client's address from X-Forwarded-For.
        pub proxy_support: bool = boolean(), "false";
        /// The addresses and networks of proxies that may set it. In the variable, separate them by commas.
        pub trusted_proxies: Vec<IpNet> = many(Text::Read(network)), "[127.0.0.0/8, \"::1\"]";
        /// Largest request body, in bytes (16 MiB): larger pushes are refused.
        pub max_body_bytes: usize = whole(1_024, 1_073_741_824), "16777216";
        /// Most records of one zone: pushes and edits with more are refused.
        pub max_records: usize = whole(2, 10_000_000), "100000";
        /// Name of this gateway in its replies to DirectAdmin. Empty: the system's host name.
        pub hostname: Option<String> = optional(any()), "\"\"";
        /// Tell DirectAdmin who owns the parent of a new subdomain, so that it can refuse strangers (its
        /// setting of the same name).
        pub check_subdomain_owner_in_cluster_domainowners: bool = boolean(), "true";
    }
}

const fn address() -> Text {
    Text::Read(|text| match text.parse::<IpAddr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("an IP address".to_owned()),
    })
}

/// An account, as `name:password`.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Secret,
}

impl FromStr for Account {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |part: &str| !part.is_empty() && !part.chars().any(char::is_control);
        match text.split_once(':') {
            Some((name, password)) if fits(name) && fits(password) => Ok(Self {
                name: name.to_owned(),
                password: Secret::new(password),
            }),
            _ => Err("a name and a password with a colon between them"),
        }
    }
}

/// The second factor of an account, as `name:secret`.
#[derive(Debug, Clone)]
pub struct Factor {
    /// The name of the account.
    pub name: String,
    /// The secret, in Base 32.
    pub secret: Secret,
}

impl FromStr for Factor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((name, secret)) if !name.is_empty() && SecondFactor::new(secret).is_ok() => {
                Ok(Self {
                    name: name.to_owned(),
                    secret: Secret::new(secret),
                })
            }
            _ => Err(
                "the name of an operator and a secret of `dadns account totp`, with a colon between them",
            ),
        }
    }
}

/// The files that TLS needs, all PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls<'a> {
    /// The certificate, or the whole chain.
    pub cert: &'a Path,
    /// Its key.
    pub key: &'a Path,
    /// The rest of the chain, if `cert` is not the whole.
    pub bundle: Option<&'a Path>,
}

/// An address to listen on and why it is that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// Why, for the log.
    pub why: &'static str,
}

impl Settings {
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
                "this machine only, until you change app.auth_password",
            ),
        };
        Listen {
            address: SocketAddr::new(host, self.listen_port),
            why,
        }
    }

    /// The secret of the second factor of an operator, if that has one.
    pub fn second_factor(&self, name: &str) -> Option<&Secret> {
        let mut factors = self.second_factors.iter();
        let factor = factors.find(|factor| factor.name == name)?;
        Some(&factor.secret)
    }

    /// The files for TLS if it is switched on.
    pub fn tls(&self) -> Option<Tls<'_>> {
        match (&self.ssl_cert, &self.ssl_key) {
            (Some(cert), Some(key)) if self.ssl_enable => Some(Tls {
                cert,
                key,
                bundle: self.ssl_bundle.as_deref(),
            }),
            _ => None,
        }
    }

    /// The limits of a zone that is accepted here.
    pub fn limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_body_bytes,
            max_records: self.max_records,
            ..Limits::default()
        }
    }

    /// The name by which this gateway speaks of itself: `app.hostname`, or the system's host name.
    pub fn hostname(&self) -> String {
        let system = || {
            rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned()
        };
        self.hostname.clone().unwrap_or_else(system)
    }

    /// Rules between its keys.
    pub fn check(&self, report: &mut Report) {
        if self.has_default_password() {
            let message = format!(
                "app.auth_password is still the default: listening on {} only, until you change it",
                self.listen_addr().address
            );
            report.warn("app.auth_password", message);
        }
        for (at, factor) in self.second_factors.iter().enumerate() {
            let name = &factor.name;
            let before = self.second_factors.iter().take(at);
            if !self.operators.iter().any(|operator| operator.name == *name) {
                let message = format!(
                    "app.second_factors names \"{name}\", which is no account of app.operators; masters cannot send a code"
                );
                report.fail("app.second_factors", message);
            }
            if before.into_iter().any(|other| other.name == *name) {
                let message = format!("app.second_factors names \"{name}\" twice");
                report.fail("app.second_factors", message);
            }
        }
        match (self.ssl_enable, &self.ssl_cert, &self.ssl_key) {
            (true, None, _) => report.fail("app.ssl_enable", "app.ssl_enable needs app.ssl_cert"),
            (true, _, None) => report.fail("app.ssl_enable", "app.ssl_enable needs app.ssl_key"),
            (false, Some(_), _) => report.warn(
                "app.ssl_cert",
                "app.ssl_cert is set, but app.ssl_enable is false: the gateway speaks plain HTTP",
            ),
            _ => {}
        }
        if self.proxy_support && self.trusted_proxies.is_empty() {
            report.warn(
                "app.trusted_proxies",
                "app.proxy_support is true, but app.trusted_proxies is empty: no proxy is trusted",
            );
        }
    }
}
