//! TLS to what is probed: verified, unless whoever registered says that it need not be.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::registry::rules::Tls;

/// By which certificates servers are trusted.
#[derive(Debug)]
pub(in crate::registry) struct Trust {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// The authorities of a PEM file; without one, those that browsers trust.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub fn of(file: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match file {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                let failed = |error: String| format!("{}: {error}", file.display());
                let found = CertificateDer::pem_file_iter(file)
                    .map_err(|error| failed(error.to_string()))?;
                for certificate in found {
                    let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                    let added = roots.add(certificate);
                    added.map_err(|error| failed(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(failed("it holds no certificate in PEM form".to_owned()));
                }
            }
        }
        Ok(Self {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            roots: Arc::new(roots),
        })
    }

    /// Speaks TLS over a connection, with an application protocol (RFC 7301) where one is named.
    pub async fn shake_hands(
        &self,
        stream: TcpStream,
        tls: &Tls,
        endpoint: &str,
        protocol: Option<&[u8]>,
    ) -> Result<TlsStream<TcpStream>, String> {
        let failed = |error: String| format!("{endpoint}: TLS: {error}");
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?;
        let mut configuration = match tls.verified {
            true => builder
                .with_root_certificates(self.roots.clone())
                .with_no_client_auth(),
            false => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(self.provider.clone())))
                .with_no_client_auth(),
        };
        configuration.alpn_protocols = protocol.map(<[u8]>::to_vec).into_iter().collect();
        let name = match tls.name.as_str() {
            "" => host_of(endpoint),
            name => name,
        };
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|error| failed(error.to_string()))?;
        let connected = TlsConnector::from(Arc::new(configuration)).connect(name, stream);
        connected.await.map_err(|error| failed(error.to_string()))
    }
}

/// The host of `HOST:PORT`, without the brackets of an address of IPv6.
fn host_of(endpoint: &str) -> &str {
    let host = endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Takes any certificate. It is asked only whether something is there, and no secret is sent but what the client
/// itself put into the probe.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
