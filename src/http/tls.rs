//! The certificate and key of the HTTP face, from PEM files.

use std::path::{Path, PathBuf};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Tls;

/// The files for TLS cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{key} {path:?}: {cause}; the server does not start without TLS when it is switched on")]
pub struct TlsError {
    key: &'static str,
    path: PathBuf,
    cause: String,
}

fn failed(key: &'static str, path: &Path, cause: impl ToString) -> TlsError {
    TlsError {
        key,
        path: path.into(),
        cause: cause.to_string(),
    }
}

/// Reads the files that the configuration names.
pub(super) fn configuration(files: Tls<'_>) -> Result<ServerConfig, TlsError> {
    let mut chain = certificates("app.ssl_cert", files.cert)?;
    if let Some(bundle) = files.bundle {
        chain.extend(certificates("app.ssl_bundle", bundle)?);
    }
    let key = PrivateKeyDer::from_pem_file(files.key)
        .map_err(|error| failed("app.ssl_key", files.key, error))?;
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("app.ssl_cert", files.cert, error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| failed("app.ssl_key", files.key, error))?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(|error| failed(key, path, error))?
        .collect::<Result<_, _>>()
        .map_err(|error| failed(key, path, error))?;
    if found.is_empty() {
        return Err(failed(key, path, "it holds no certificate in PEM form"));
    }
    Ok(found)
}
