//! What a client did that is no request, in words that say what to change.

use std::net::SocketAddr;

use actix_http::error::{DispatchError, ParseError};
use dadns_zone::Excerpt;
use rustls::AlertDescription;

use super::HEAD_TIMEOUT;
use super::stream::Began;
use crate::http::notices::Kind;

/// The first octets of version 2 of the PROXY protocol.
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// What a client did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: Kind,
    /// What it did, and what to do about it: goes on after "a client at ADDRESS".
    pub said: String,
}

impl Fault {
    fn new(kind: Kind, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { kind, said }
    }

    /// The line for the log.
    pub fn line(&self, client: SocketAddr) -> String {
        format!("a client at {} {}", client.ip().to_canonical(), self.said)
    }

    /// A connection that ended without a request that was understood. One that sent nothing is none: load
    /// balancers look in this way whether the port is open.
    pub fn of_http(began: &Began, error: Option<&DispatchError>, port: u16) -> Option<Self> {
        if began.understood || began.read.is_empty() {
            return None;
        }
        let known = of_protocol(&began.read, port);
        let known = known.or_else(|| began.read.starts_with(b"\x16\x03").then(|| tls(port)));
        if known.is_some() {
            return known;
        }
        if began.read.iter().all(u8::is_ascii_whitespace) {
            return Some(Fault::new(
                Kind::Cut,
                format!("sent an empty request to port {port}; a health check can GET /health"),
            ));
        }
        let shown = first_line(&began.read);
        Some(match error {
            Some(DispatchError::Parse(ParseError::TooLarge)) => Fault::new(
                Kind::Head,
                format!("sent a request whose head is too large (over 128 KiB): {shown}"),
            ),
            Some(DispatchError::Parse(error)) => Fault::new(
                Kind::Head,
                format!(
                    "sent a request that cannot be read ({error}): {shown}; {}",
                    hint(&began.read)
                ),
            ),
            _ if began.timed_out => Fault::new(
                Kind::Slow,
                format!(
                    "sent a request whose head was not whole after {} s: {shown}",
                    HEAD_TIMEOUT.as_secs()
                ),
            ),
            _ => Fault::new(
                Kind::Cut,
                format!("closed the connection before its request was whole: {shown}"),
            ),
        })
    }

    /// A client that sends something else to a port with TLS.
    pub fn without_tls(read: &[u8], port: u16) -> Self {
        if let Some(known) = of_protocol(read, port) {
            return known;
        }
        if is_http(read) {
            return Fault::new(
                Kind::PlainHttp,
                format!(
                    "speaks plain HTTP to port {port}, where dadns speaks TLS: switch on \"Use SSL\" for \
                     this server in DirectAdmin's Multi Server Setup, or set app.ssl_enable to false; \
                     nothing of what it sends is done"
                ),
            );
        }
        Fault::new(
            Kind::Handshake,
            format!(
                "does not speak TLS to port {port}, where dadns does: {}",
                first_line(read)
            ),
        )
    }

    /// A TLS handshake that failed.
    pub fn of_handshake(error: &std::io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        let (kind, said) = match cause {
            Some(rustls::Error::AlertReceived(alert)) if is_about_certificate(*alert) => (
                Kind::Certificate,
                format!(
                    "does not accept the certificate of dadns ({alert:?}): it needs one for the host name \
                     that the client uses, from a CA that the client knows (app.ssl_cert, with what lies \
                     between in app.ssl_bundle)"
                ),
            ),
            Some(rustls::Error::AlertReceived(alert)) => (
                Kind::Handshake,
                format!("broke off the TLS handshake ({alert:?})"),
            ),
            Some(error @ rustls::Error::PeerIncompatible(_)) => (
                Kind::TlsVersion,
                format!(
                    "has no version or cipher of TLS in common with dadns, which speaks TLS 1.2 and 1.3: \
                     {error}"
                ),
            ),
            Some(rustls::Error::NoApplicationProtocol) => (
                Kind::TlsVersion,
                "wants a protocol within TLS that dadns does not speak: it speaks HTTP/1.1"
                    .to_owned(),
            ),
            Some(error) => (
                Kind::Handshake,
                format!("began a TLS handshake that cannot be read: {error}"),
            ),
            None => (
                Kind::Handshake,
                "closed the connection within the TLS handshake".to_owned(),
            ),
        };
        Fault::new(kind, said)
    }

    /// A TLS handshake that takes too long.
    pub fn slow_handshake(seconds: u64) -> Self {
        let said = format!("did not end its TLS handshake within {seconds} s");
        Fault::new(Kind::Slow, said)
    }
}

fn tls(port: u16) -> Fault {
    Fault::new(
        Kind::Tls,
        format!(
            "speaks TLS to port {port}, where dadns speaks plain HTTP: switch off \"Use SSL\" for this \
             server in DirectAdmin's Multi Server Setup, or set app.ssl_enable; nothing of what it sends \
             is done"
        ),
    )
}

/// A client of another protocol that says so at once.
fn of_protocol(read: &[u8], port: u16) -> Option<Fault> {
    let said = if read.starts_with(b"PRI * HTTP/2") {
        format!("speaks HTTP/2 to port {port}: dadns speaks HTTP/1.0 and 1.1")
    } else if read.starts_with(b"SSH-") {
        format!("speaks SSH to port {port}, which is the HTTP port of dadns")
    } else if read.starts_with(b"PROXY ") || read.starts_with(PROXY_2) {
        format!(
            "speaks the PROXY protocol to port {port}, which dadns does not: switch it off in that proxy, \
             and have it send X-Forwarded-For (app.proxy_support)"
        )
    } else {
        return None;
    };
    Some(Fault::new(Kind::Protocol, said))
}

/// What may be missing of a request that cannot be read.
fn hint(read: &[u8]) -> &'static str {
    match read.trim_ascii_start().starts_with(b"POST ") {
        true => "a POST has to say how long it is, in one Content-Length",
        false => "dadns speaks HTTP/1.0 and 1.1",
    }
}

/// Whether it begins as a request does: a method, a blank.
pub(super) fn is_http(read: &[u8]) -> bool {
    let method = read.iter().take_while(|octet| octet.is_ascii_uppercase());
    let length = method.count();
    (3..=7).contains(&length) && read.get(length) == Some(&b' ')
}

fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
    )
}

/// The first line, without what may be a secret: a query, a user name with a password, a header.
fn first_line(read: &[u8]) -> String {
    let line = read.trim_ascii_start();
    let line = line
        .split(|octet| matches!(octet, b'\r' | b'\n' | b'?'))
        .next()
        .unwrap_or_default();
    match line.contains(&b'@') || (!is_http(line) && line.contains(&b':')) {
        true => "(not shown: there may be a password in it)".to_owned(),
        false => Excerpt::new(line).to_string(),
    }
}
