//! The control channel of `named` without the gateway: one kept connection, one command after the other. It
//! knows no more than the limits need, and shares no code with what it is compared with.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A connection, with the key of the named of tests.
pub struct Control {
    stream: TcpStream,
    key: ring::hmac::Key,
    nonce: String,
    serial: u32,
}

/// Octets that HMAC-SHA256 has in a message: its number, and base64 filled up with zeros.
const CODE: usize = 89;
/// The number of HMAC-SHA256.
const SHA256: u8 = 163;

impl Control {
    /// Connects, and asks for the nonce that commands need.
    pub fn connect(address: SocketAddr) -> Self {
        let secret = STANDARD.decode("c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyE=");
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut control = Self {
            stream,
            key: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret.unwrap()),
            nonce: String::new(),
            serial: fastrand::u32(..1_000_000),
        };
        let answer = control.ask("null");
        control.nonce = text(&answer, "_nonce").expect("named gives a nonce");
        control
    }

    /// Sends a command; what named said if it did it.
    ///
    /// # Errors
    /// What named said if it did not.
    pub fn call(&mut self, command: &str) -> Result<String, String> {
        let answer = self.ask(command);
        let said = text(&answer, "text").or_else(|| text(&answer, "err"));
        match text(&answer, "result").as_deref() {
            Some("0") => Ok(said.unwrap_or_default()),
            _ => Err(format!("{command}: {said:?}")),
        }
    }

    /// Sends a command; the message of its answer.
    fn ask(&mut self, command: &str) -> Vec<u8> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        self.serial += 1;
        let mut control = Vec::new();
        put(&mut control, "_ser", 1, self.serial.to_string().as_bytes());
        put(&mut control, "_tim", 1, now.to_string().as_bytes());
        put(&mut control, "_exp", 1, (now + 60).to_string().as_bytes());
        if !self.nonce.is_empty() {
            put(&mut control, "_nonce", 1, self.nonce.as_bytes());
        }
        let mut data = Vec::new();
        put(&mut data, "type", 1, command.as_bytes());
        let mut signed = Vec::new();
        put(&mut signed, "_ctrl", 2, &control);
        put(&mut signed, "_data", 2, &data);
        let mut code = vec![SHA256];
        code.extend(
            STANDARD
                .encode(ring::hmac::sign(&self.key, &signed))
                .bytes(),
        );
        code.resize(CODE, 0);
        let mut auth = Vec::new();
        put(&mut auth, "hsha", 1, &code);
        let mut message = vec![0, 0, 0, 1];
        put(&mut message, "_auth", 2, &auth);
        message.extend(signed);
        let mut framed = (message.len() as u32).to_be_bytes().to_vec();
        framed.extend(message);
        self.stream.write_all(&framed).unwrap();
        let mut length = [0; 4];
        self.stream
            .read_exact(&mut length)
            .expect("named answers on its control channel");
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut answer).unwrap();
        answer
    }
}

/// One entry: its name, the kind of its value, its value.
fn put(out: &mut Vec<u8>, name: &str, kind: u8, value: &[u8]) {
    out.push(name.len() as u8);
    out.extend_from_slice(name.as_bytes());
    out.push(kind);
    out.extend_from_slice(&(value.len() as u32).to_be_bytes());
    out.extend_from_slice(value);
}

/// The text of the entry with this name, wherever it is.
fn text(message: &[u8], name: &str) -> Option<String> {
    let mut start = vec![name.len() as u8];
    start.extend_from_slice(name.as_bytes());
    start.push(1);
    let at = message
        .windows(start.len())
        .position(|window| window == start)?
        + start.len();
    let length = u32::from_be_bytes(message.get(at..at + 4)?.try_into().ok()?) as usize;
    let value = message.get(at + 4..at + 4 + length)?;
    Some(
        String::from_utf8_lossy(value)
            .trim_end_matches('\0')
            .to_owned(),
    )
}
