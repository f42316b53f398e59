//! `dadns line`: one command of the line protocol, to this gateway or any other server that speaks it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::gateway::AskError;
use super::operate::Went;

/// How long the server may take for each step.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Most octets of an answer.
const MOST: u64 = 64 << 20;

/// What `dadns line` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the server listens
    #[arg(value_name = "HOST:PORT")]
    server: String,
    /// The command, such as 'ADD:www.example.com:A:192.0.2.1', 'DELETE:www.example.com:A' or 'www.example.com:A'
    command: String,
    /// A file with the token that the command is made with
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Sends the command and shows the answer; whether it was done.
pub(super) fn run(arguments: &Arguments) -> Result<Went, AskError> {
    let token = match &arguments.token_file {
        None => None,
        Some(file) => {
            let read = std::fs::read_to_string(file);
            let failed = |error| format!("{} cannot be read: {error}", file.display());
            Some(read.map_err(|error| AskError::Answer(failed(error)))?)
        }
    };
    let command = &arguments.command;
    if command.contains(['\r', '\n']) {
        let why = "a command is one line";
        return Err(AskError::Answer(why.to_owned()));
    }
    let sent = match token {
        Some(token) => format!("AUTH:{}\n{command}", token.trim()),
        None => command.clone(),
    };
    let server = &arguments.server;
    let answer = ask(server, &sent).map_err(|error| {
        AskError::Answer(format!(
            "{server} cannot be asked: {error}; is a server of the line protocol there (registry.line_listen)?"
        ))
    })?;
    Ok(Went {
        ok: !answer.starts_with("[ERROR]") && answer != "Record not found.",
        text: answer,
    })
}

/// Some servers read once: all is sent in one write, without an end of line that they would take for a part of it.
fn ask(server: &str, sent: &str) -> io::Result<String> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in server.to_socket_addrs()? {
        let mut stream = match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => stream,
            Err(error) => {
                failed = error;
                continue;
            }
        };
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(sent.as_bytes())?;
        let mut answer = String::new();
        stream.take(MOST).read_to_string(&mut answer)?;
        return match answer.is_empty() {
            true => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it closed without an answer",
            )),
            false => Ok(answer),
        };
    }
    Err(failed)
}
