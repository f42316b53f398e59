//! HTTP over one connection that stays open, as those do who push a lot.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::basic;

pub struct Connection {
    stream: BufReader<TcpStream>,
    login: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            login: basic(USER, PASSWORD),
        })
    }

    /// One request, and the status and body of its answer.
    pub fn send(&mut self, method: &str, target: &str, body: &str) -> Result<(u16, String)> {
        let json = match target.starts_with("/api") {
            true => "Content-Type: application/json\r\n",
            false => "",
        };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n{json}\
             Content-Length: {}\r\n\r\n{body}",
            self.login,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut length = 0;
        let mut is_chunked = false;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            is_chunked |= line == "transfer-encoding: chunked";
            if line.is_empty() {
                break;
            }
        }
        let body = match is_chunked {
            true => self.chunks()?,
            false => self.octets(length)?,
        };
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok((status.expect("a status"), body))
    }

    /// A push of a zone by a master.
    pub fn push(&mut self, master: usize, zone: &str, text: &str) -> Result<(u16, String)> {
        let target = format!(
            "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username=alice&hostname=da{master}.example.net"
        );
        self.send("POST", &target, text)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let length = self.line()?;
            let length = usize::from_str_radix(&length, 16).expect("the length of a chunk");
            all.extend(self.octets(length)?);
            self.line()?;
            if length == 0 {
                return Ok(all);
            }
        }
    }

    fn octets(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut octets = vec![0; length];
        self.stream.read_exact(&mut octets)?;
        Ok(octets)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}
