//! A certificate of tests, for a gateway that speaks TLS.

use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

/// A certificate for `localhost` that it has signed itself, in files.
pub struct Certificate {
    pub der: CertificateDer<'static>,
    directory: TempDir,
}

impl Certificate {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let write = |name, text| std::fs::write(directory.path().join(name), text).unwrap();
        write("cert.pem", made.cert.pem());
        write("key.pem", made.signing_key.serialize_pem());
        Self {
            der: made.cert.der().clone(),
            directory,
        }
    }

    /// The keys below `app` by which a gateway has it.
    pub fn keys(&self) -> String {
        let path = |name| self.directory.path().join(name);
        format!(
            "  ssl_enable: true\n  ssl_cert: {}\n  ssl_key: {}\n",
            path("cert.pem").display(),
            path("key.pem").display()
        )
    }
}
