//! Pebble, the certificate authority of tests: it asks one name server and speaks to nobody else.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

use crate::support::dns::free_port;
use crate::support::process::Process;
use crate::support::{eventually, find};

pub struct Pebble {
    /// The ACME directory.
    pub url: String,
    /// Who signed the certificate of that.
    pub authority: PathBuf,
    _process: Process,
    _directory: TempDir,
}

impl Pebble {
    /// Starts with `dns` as the server that it asks for challenges.
    pub fn start(dns: SocketAddr) -> Self {
        let directory = TempDir::new().unwrap();
        let (listen, management) = (free_port(), free_port());
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text);
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Whatever has the same name as who signed it passes for self-signed.
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "authority of tests");
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        write("ca.pem", &authority.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::from_params(&authority, &key);
        let own = KeyPair::generate().unwrap();
        let mut certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        certificate.use_authority_key_identifier_extension = true;
        let signed = certificate.signed_by(&own, &issuer).unwrap();
        write("cert.pem", &signed.pem()).unwrap();
        write("key.pem", &own.serialize_pem()).unwrap();
        let path = directory.path().display();
        let config = format!(
            "{{\"pebble\":{{\"listenAddress\":\"{listen}\",\"managementListenAddress\":\"{management}\",\
             \"certificate\":\"{path}/cert.pem\",\"privateKey\":\"{path}/key.pem\",\"httpPort\":5002,\
             \"tlsPort\":5001,\"retryAfter\":{{\"authz\":1,\"order\":1}},\"keyAlgorithm\":\"ecdsa\",\
             \"profiles\":{{\"default\":{{\"description\":\"of tests\",\"validityPeriod\":7776000}}}}}}}}"
        );
        write("pebble.json", &config).unwrap();
        let process = Process::start(
            "pebble",
            Command::new(find("go/pebble").unwrap())
                .arg("-config")
                .arg(directory.path().join("pebble.json"))
                .args(["-dnsserver", &dns.to_string()])
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_WFE_NONCEREJECT", "0"),
        );
        eventually("Pebble listens", || TcpStream::connect(listen).ok());
        Self {
            url: format!("https://localhost:{}/dir", listen.port()),
            authority: directory.path().join("ca.pem"),
            _process: process,
            _directory: directory,
        }
    }
}
