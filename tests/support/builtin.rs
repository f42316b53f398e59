//! The built-in server of a gateway.

use std::net::SocketAddr;

use super::dns::{Key, NameServer, Primary, free_port};

pub struct Builtin {
    pub dns: SocketAddr,
    keys: String,
}

impl Builtin {
    /// One at a free port.
    pub fn new() -> Self {
        Self {
            dns: free_port(),
            keys: String::new(),
        }
    }

    /// A backend of the gateway's configuration that is this server, with further keys.
    pub fn backend(&self, keys: &str) -> String {
        format!(
            "    builtin:\n      type: builtin\n      enabled: true\n      listen: [\"{}\"]\n{}{keys}",
            self.dns, self.keys
        )
    }

    /// Takes transfers that are signed with `key`, and only those.
    pub fn with_key(mut self, key: &Key) -> Self {
        let Key {
            name,
            algorithm,
            secret,
        } = key;
        self.keys = format!(
            "      tsig_keys: [\"{algorithm}:{name}:{secret}\"]\n      \
             allow_transfer: [\"127.0.0.1 {name}\"]\n"
        );
        self
    }

    /// Takes transfers of this machine.
    pub fn open(mut self) -> Self {
        self.keys = "      allow_transfer: [127.0.0.1]\n".to_owned();
        self
    }

    pub fn primary(&self) -> Primary {
        Primary::open(self.dns)
    }
}

impl NameServer for Builtin {
    fn dns(&self) -> SocketAddr {
        self.dns
    }
}
