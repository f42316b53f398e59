//! Raw HTTP: what is sent is byte for byte what a test wrote.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends `request` on a connection of its own and reads until the server closes.
pub fn send(address: SocketAddr, request: &[u8]) -> Answer {
    parse(&bytes(address, request).expect("the gateway answers"))
}

/// The same, to a gateway that may be killed meanwhile: `None` if it gave no answer.
pub fn try_send(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let bytes = bytes(address, request).ok()?;
    let is_whole = bytes.windows(4).any(|end| end == b"\r\n\r\n");
    is_whole.then(|| parse(&bytes))
}

fn bytes(address: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.into(),
        body: body.into(),
    }
}

/// The value of an `Authorization` header.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A request as a DirectAdmin master sends it: HTTP/1.0, no Content-Type, an empty User-Agent.
pub fn master_request(method: &str, target: &str, authorization: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {target} HTTP/1.0\r\nUser-Agent: \r\nHost: 127.0.0.1\r\n\
         Authorization: {authorization}\r\n"
    )
    .into_bytes();
    if method != "GET" {
        request.extend(format!("Content-length: {}\r\n", body.len()).into_bytes());
    }
    request.extend(b"\r\n");
    request.extend(body);
    request
}

/// A request of a client of the API, with its token. HTTP/1.0, so that the answer comes in one piece.
pub fn api_request(method: &str, target: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {target} HTTP/1.0\r\nHost: 127.0.0.1\r\nX-API-Key: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
