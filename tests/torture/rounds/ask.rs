//! A change as a master or a client of the API sends it, and what the answer says.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;

use super::model::{Op, Reply};
use super::text;
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::{Answer, basic, master_request, parse};

/// What became of a request.
pub enum Sent {
    /// Nobody listens.
    Not,
    Unanswered,
    Answered(Answer),
}

/// Sends a change on a connection of its own.
pub fn send(address: SocketAddr, zone: &str, op: Op) -> Sent {
    let Ok(stream) = TcpStream::connect(address) else {
        return Sent::Not;
    };
    match exchange(stream, &request(zone, op)) {
        Ok(bytes) if bytes.windows(4).any(|end| end == b"\r\n\r\n") => {
            Sent::Answered(parse(&bytes))
        }
        _ => Sent::Unanswered,
    }
}

fn exchange(mut stream: TcpStream, request: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn request(zone: &str, op: Op) -> Vec<u8> {
    let login = basic(USER, PASSWORD);
    let host = |master: usize| format!("da{master}.example.net");
    let edit = |change: serde_json::Value| {
        let body = json!({ "changes": [change] }).to_string();
        let length = body.len();
        format!(
            "PATCH /api/v1/zones/{zone}/rrsets HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: {login}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    match op {
        Op::Push { master, number } => {
            let target = format!(
                "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username=alice&hostname={}",
                host(master)
            );
            master_request("POST", &target, &login, text::push(zone, number).as_bytes())
        }
        Op::Remove { master } => {
            let body = format!("action=delete&hostname={}&select0={zone}", host(master));
            master_request("POST", "/CMD_API_DNS_ADMIN", &login, body.as_bytes())
        }
        Op::Edit { name, number } => edit(json!({
            "op": "replace", "name": text::edited(name), "type": "TXT", "ttl": 300,
            "records": [text::edit(number)],
        })),
        Op::Release { name } => {
            edit(json!({ "op": "release", "name": text::edited(name), "type": "TXT" }))
        }
    }
}

/// What an answer says; `None`: that it may or may not be done. An error: it says something that nobody expects.
pub fn reply(op: Op, answer: &Answer) -> Result<Option<Reply>, String> {
    let is_edit = matches!(op, Op::Edit { .. } | Op::Release { .. });
    match answer.status {
        503 => Ok(None),
        200 if is_edit => Ok(Some(Reply::Done)),
        200 if answer.body == "error=0" => Ok(Some(Reply::Done)),
        200 if answer.body.contains("belongs") => Ok(Some(Reply::Refused)),
        404 | 409 if is_edit => Ok(Some(Reply::Refused)),
        _ => Err(format!("{op:?} was answered {answer:?}")),
    }
}
