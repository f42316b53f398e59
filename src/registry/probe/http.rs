//! One request over HTTP/1.1, and as much of its answer as says how an instance is.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Found;
use crate::registry::rules::Status;

/// How much of an answer is read.
const MOST: usize = 4_096;

/// How much of its body is shown.
const SHOWN: usize = 256;

/// A URL taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// `HOST:PORT`.
    pub endpoint: String,
    /// As `Host` has it.
    pub host: String,
    /// From the path on.
    pub target: String,
    /// Whether it is asked over TLS.
    pub is_tls: bool,
}

impl Parts {
    /// Those of a URL of HTTP, with TLS or without.
    pub fn of(url: &str) -> Result<Self, &'static str> {
        let plain = url.strip_prefix("http://");
        let rest = plain.or_else(|| url.strip_prefix("https://"));
        let rest = rest.ok_or("only URLs that begin with http:// or https:// are asked")?;
        let (is_tls, port) = match plain {
            Some(_) => (false, 80),
            None => (true, 443),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(end);
        let target = target.split('#').next().unwrap_or_default();
        let wrong = |c: char| c.is_control() || c.is_whitespace();
        if host.is_empty() || host.contains('@') || url.contains(wrong) || !url.is_ascii() {
            return Err("the URL is none that can be asked");
        }
        let has_port = match host.rsplit_once(':') {
            Some((_, port)) => !port.contains(']') && port.parse::<u16>().is_ok(),
            None => false,
        };
        Ok(Self {
            endpoint: match has_port {
                true => host.to_owned(),
                false => format!("{host}:{port}"),
            },
            host: host.to_owned(),
            target: match target.starts_with('/') {
                true => target.to_owned(),
                false => format!("/{target}"),
            },
            is_tls,
        })
    }
}

/// Asks over `stream`.
pub(super) async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    parts: &Parts,
    method: &str,
    headers: &[(String, String)],
    body: &str,
) -> Result<Found, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", parts.endpoint);
    let Parts { host, target, .. } = parts;
    let scheme = if parts.is_tls { "https" } else { "http" };
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: dadns\r\nAccept: */*\r\n\
         Connection: close\r\n"
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method != "GET" {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    let read = stream.take(MOST as u64).read_to_end(&mut answer).await;
    let status = status(&answer);
    // What was read before a connection broke may be enough.
    if status.is_none() {
        read.map_err(failed)?;
    }
    let status = status.ok_or_else(|| format!("{}: that is no HTTP", parts.endpoint))?;
    let found = match status {
        200..=299 => Status::Passing,
        429 => Status::Warning,
        _ => Status::Critical,
    };
    let output = format!(
        "HTTP {method} {scheme}://{host}{target}: {status} Output: {}",
        shown(&answer)
    );
    Ok((found, output))
}

/// The status of an answer.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    let line = str::from_utf8(line).ok()?;
    let rest = line.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.trim().parse().ok()
}

/// The beginning of the body of an answer, in characters that can be shown.
fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body = body.chars().filter(|c| !c.is_control() || *c == ' ');
    body.take(SHOWN).collect()
}
