//! Where etcd is, and how it is asked.

use std::path::PathBuf;

use dadns_keys::Secret;

/// How etcd is reached. Its keys are below `cluster` in the configuration.
#[derive(Debug, Clone)]
pub struct EtcdSettings {
    /// Addresses of all members, such as `https://192.0.2.1:2379`.
    pub endpoints: Vec<String>,
    /// What the names of all our keys begin with, such as `dadns/`.
    pub prefix: String,
    /// PEM file of the CA that signed the certificates of the members. Needed for `https`.
    pub tls_ca_file: Option<PathBuf>,
    /// PEM file of the certificate by which the members know us.
    pub tls_cert_file: Option<PathBuf>,
    /// PEM file of its key.
    pub tls_key_file: Option<PathBuf>,
    /// The user of etcd, where it asks for one.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<Secret>,
}

impl EtcdSettings {
    /// Those of members that ask for nothing.
    pub fn new(endpoints: Vec<String>) -> Self {
        Self {
            endpoints,
            prefix: "dadns/".into(),
            tls_ca_file: None,
            tls_cert_file: None,
            tls_key_file: None,
            username: None,
            password: None,
        }
    }
}
