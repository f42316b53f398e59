//! What an operator can say about several nodes.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use dadns_keys::{
    Report, Secret, Takes, Text, any, custom, keys, many, one, one_of, optional, optional_secret,
    text,
};

keys! {
    /// Several nodes that share all zones through etcd. Whatever is accepted at one is at all within a moment; each
    /// keeps a full copy, and goes on serving when it is cut off. See docs/cluster.md.
    pub struct Settings("cluster") {
        /// What the nodes share: none (one node alone) or etcd (3.5.28 or 3.6.9 at least).
        pub engine: EngineKind = one_of(&["none", "etcd"]), "none";
        /// The members of etcd, each as http://HOST:PORT or https://HOST:PORT: all of them, the nearest first.
        pub endpoints: Vec<String> = many(Text::Read(endpoint)), "[]";
        /// The name of this node, of which there may be no second. Empty: the name of the host.
        pub node: String = one(any()), "\"\"";
        /// Where this node stands, for operators.
        pub site: String = one(any()), "\"\"";
        /// full: it takes pushes and edits. edge: it follows and serves, and takes nothing.
        pub role: Role = one_of(&["full", "edge"]), "full";
        /// What every key in etcd begins with. Two clusters on one etcd need two prefixes.
        pub prefix: String = one(text()), "dadns/";
        /// PEM file of the CA of the members; https needs one.
        pub tls_ca_file: Option<PathBuf> = optional(any()), "\"\"";
        /// PEM file of the certificate that this node shows to the members, where they ask for one.
        pub tls_cert_file: Option<PathBuf> = optional(any()), "\"\"";
        /// PEM file of the key of that certificate.
        pub tls_key_file: Option<PathBuf> = optional(any()), "\"\"";
        /// The user of etcd, where it asks for one.
        pub username: String = one(any()), "\"\"";
        /// The password of that user.
        pub password: Option<Secret> = optional_secret(), "\"\"";
        /// What happens to a change while etcd has no majority. spool: it is kept and served here, and shared when
        /// etcd is back; if this disk is lost before, so is the change. refuse: whoever made it is told, and
        /// DirectAdmin does not repeat it.
        pub without_quorum: WithoutQuorum = one_of(&["spool", "refuse"]), "spool";
        /// Seconds after which the built-in server of an edge that is cut off answers SERVFAIL. 0: never.
        pub stale_after: Duration = custom(Takes::One(Text::Whole(0, 31_536_000)), |values, name| {
            values.one(name)?.parse().ok().map(Duration::from_secs)
        }), "0";
    }
}

/// What nodes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Nothing: there is one node.
    None,
    /// etcd.
    Etcd,
}

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It takes changes.
    Full,
    /// It only follows and serves.
    Edge,
}

/// What happens to a change while the engine has no majority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutQuorum {
    /// It is kept here.
    Spool,
    /// It is refused.
    Refuse,
}

/// A word of a key that is none of those that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such word")]
pub struct NoSuchWord;

impl FromStr for EngineKind {
    type Err = NoSuchWord;

    fn from_str(text: &str) -> Result<Self, NoSuchWord> {
        match text {
            "none" => Ok(Self::None),
            "etcd" => Ok(Self::Etcd),
            _ => Err(NoSuchWord),
        }
    }
}

impl FromStr for Role {
    type Err = NoSuchWord;

    fn from_str(text: &str) -> Result<Self, NoSuchWord> {
        match text {
            "full" => Ok(Self::Full),
            "edge" => Ok(Self::Edge),
            _ => Err(NoSuchWord),
        }
    }
}

impl FromStr for WithoutQuorum {
    type Err = NoSuchWord;

    fn from_str(text: &str) -> Result<Self, NoSuchWord> {
        match text {
            "spool" => Ok(Self::Spool),
            "refuse" => Ok(Self::Refuse),
            _ => Err(NoSuchWord),
        }
    }
}

impl Role {
    /// As it is written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Edge => "edge",
        }
    }
}

impl Settings {
    /// Whether there may be other nodes.
    pub fn is_on(&self) -> bool {
        self.engine == EngineKind::Etcd
    }

    /// The name of this node.
    pub fn name(&self) -> String {
        match self.node.is_empty() {
            false => self.node.clone(),
            true => rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .to_ascii_lowercase(),
        }
    }

    /// Rules between its keys; `reconciles`: this node asks the masters for their lists; `publishes`: it has a
    /// registry.
    pub fn check(&self, reconciles: bool, publishes: bool, report: &mut Report) {
        if !self.is_on() {
            return;
        }
        if self.role == Role::Edge && reconciles {
            report.fail(
                "cluster.role",
                "an edge takes no changes, so that it cannot reconcile: set reconciliation.enabled to false there",
            );
        }
        if self.role == Role::Edge && publishes {
            report.fail(
                "cluster.role",
                "an edge takes no changes, so that it cannot publish services: set registry.enabled to false there",
            );
        }
        if self.endpoints.is_empty() {
            report.fail(
                "cluster.endpoints",
                "cluster.engine is etcd, so that cluster.endpoints has to name its members",
            );
        }
        let name = self.name();
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            report.fail(
                "cluster.node",
                format!("\"{name}\" is not a name of at most 64 letters, digits, '-', '_' and '.'"),
            );
        }
        if self.tls_cert_file.is_some() != self.tls_key_file.is_some() {
            report.fail(
                "cluster.tls_cert_file",
                "cluster.tls_cert_file and cluster.tls_key_file need each other",
            );
        }
        let secure = |endpoint: &&String| endpoint.starts_with("https://");
        if self.tls_ca_file.is_some() && !self.endpoints.iter().any(|one| secure(&one)) {
            report.warn(
                "cluster.tls_ca_file",
                "cluster.tls_ca_file is set, but no endpoint begins with https://: etcd is spoken to without TLS",
            );
        }
    }
}

/// Reads the address of a member.
fn endpoint(text: &str) -> dadns_keys::Expected {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let expected = || {
        Err("an address such as http://10.0.0.1:2379 or https://etcd1.example.com:2379".to_owned())
    };
    match rest {
        Some(rest) if dadns_keys::endpoint(rest.trim_end_matches('/')).is_ok() => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => expected(),
    }
}
