//! A client of `named`'s control channel that keeps its connection.
//!
//! `rndc` as a child process reaches 60 commands a second, because each run connects, and asks for a
//! nonce first. Over one kept connection `named` takes thousands. Commands are sent one by one:
//! `named` drops whatever it has read behind the first message, so it cannot be pipelined.
//!
//! A kept connection goes stale when `named` restarts. Then the command is sent once more over a
//! new one, which is safe because every command used here can be repeated.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

mod isccc;
mod key;

use self::isccc::{Table, Value};
use self::key::Key;
use super::Control;
use crate::BackendError;

/// Most octets of a reply. The longest, the status of a zone, takes about a thousand.
const MAX_REPLY: u32 = 1024 * 1024;
/// How long a message stays valid, in seconds. `named` refuses older ones.
const VALID_FOR: u64 = 60;

/// How long the peer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To accept a connection and give its nonce.
    pub connect: Duration,
    /// To answer one command. A `reconfig` of a hundred thousand zones takes seconds.
    pub reply: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            reply: Duration::from_secs(60),
        }
    }
}

/// What `named` said to a command: `Ok` when it did it or took it on, `Err` when it did not.
pub type Answer = Result<String, String>;

/// One control channel. Commands from different tasks take turns.
#[derive(Debug)]
pub struct Rndc {
    control: Control,
    patience: Patience,
    kept: Mutex<Option<Connection>>,
}

impl Rndc {
    pub fn new(control: Control, patience: Patience) -> Self {
        Self {
            control,
            patience,
            kept: Mutex::default(),
        }
    }

    /// Sends `command`, such as `reload example.com. IN`, and waits for the answer.
    ///
    /// # Errors
    /// [`BackendError::Unreachable`] when there is no connection, no answer, or none that a holder
    /// of the key has signed.
    pub async fn call(&self, command: &str) -> Result<Answer, BackendError> {
        // Taken out while in use: a call that is dropped half-way leaves nothing behind.
        let mut kept = self.kept.lock().await;
        if let Some(mut connection) = kept.take() {
            match self
                .within(self.patience.reply, connection.call(command))
                .await
            {
                Ok(answer) => {
                    *kept = Some(connection);
                    return Ok(answer);
                }
                // One that hangs would hang again; only a closed one is worth a second try.
                Err(failure) if failure.timed_out => return Err(self.unreachable(command, failure)),
                Err(_) => {}
            }
        }
        let connect = self.within(self.patience.connect, Connection::open(&self.control));
        let mut connection = connect
            .await
            .map_err(|failure| self.unreachable(command, failure))?;
        let call = self.within(self.patience.reply, connection.call(command));
        let answer = call
            .await
            .map_err(|failure| self.unreachable(command, failure))?;
        *kept = Some(connection);
        Ok(answer)
    }

    async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, Failure> {
        match timeout(limit, work).await {
            Ok(done) => done.map_err(|cause| Failure {
                cause,
                timed_out: false,
            }),
            Err(_) => Err(Failure {
                cause: format!("no answer within {limit:?}"),
                timed_out: true,
            }),
        }
    }

    fn unreachable(&self, command: &str, failure: Failure) -> BackendError {
        let doing = format!("telling named at {} to {command:?}", self.control.address);
        BackendError::unreachable(doing, failure.cause)
    }
}

struct Failure {
    cause: String,
    timed_out: bool,
}

/// One connection that has its nonce.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    key: Key,
    nonce: String,
    serial: u32,
}

impl Connection {
    async fn open(control: &Control) -> Result<Self, String> {
        let path = control.key_file.clone();
        let key = tokio::task::spawn_blocking(move || Key::load(&path))
            .await
            .map_err(|error| error.to_string())??;
        let connecting = TcpStream::connect(&control.address).await;
        let stream = connecting.map_err(|error| format!("cannot connect: {error}"))?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        // `named` refuses a serial number that it has seen in the same second, from whichever
        // client. There is no better source of an odd one than the clock.
        let serial = now().map_or(0, |now| now.subsec_nanos() ^ std::process::id());
        let mut fresh = Self {
            stream,
            key,
            nonce: String::new(),
            serial,
        };
        let ctrl = match fresh.exchange("null").await {
            Ok(reply) => reply.table("_ctrl").cloned().unwrap_or_default(),
            // `named` never says why. These are all the reasons it has.
            Err(error) if error.is_close() => {
                return Err(format!(
                    "it closed the connection: it does not know the key {} of {}, or does not allow our \
                     address, or its clock and ours differ by more than 5 minutes",
                    fresh.key,
                    control.key_file.display()
                ));
            }
            Err(error) => return Err(error.to_string()),
        };
        fresh.nonce = ctrl
            .text("_nonce")
            .ok_or("it gave no nonce: it is not named")?;
        Ok(fresh)
    }

    async fn call(&mut self, command: &str) -> Result<Answer, String> {
        let reply = self
            .exchange(command)
            .await
            .map_err(|error| error.to_string())?;
        let data = reply.table("_data").ok_or("its reply has no data")?;
        let result = data.text("result").ok_or("its reply has no result")?;
        let text = data.text("text");
        if result == "0" {
            return Ok(Ok(text.unwrap_or_default()));
        }
        let said: Vec<_> = [data.text("err"), text]
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .collect();
        Ok(Err(if said.is_empty() {
            format!("result {result}")
        } else {
            said.join(": ")
        }))
    }

    /// Sends one command and returns the signed reply to it.
    async fn exchange(&mut self, command: &str) -> Result<Table, ExchangeError> {
        self.serial = self.serial.wrapping_add(1);
        let now = now().map_err(io::Error::other)?.as_secs();
        let mut ctrl = Table::default()
            .with_text("_ser", self.serial)
            .with_text("_tim", now)
            .with_text("_exp", now + VALID_FOR);
        if !self.nonce.is_empty() {
            ctrl = ctrl.with_text("_nonce", &self.nonce);
        }
        let data = Table::default().with_text("type", command);
        let message = Table::default()
            .with("_ctrl", Value::Table(ctrl))
            .with("_data", Value::Table(data));
        self.stream
            .write_all(&isccc::encode(&message, &self.key))
            .await?;

        let len = self.stream.read_u32().await?;
        if len > MAX_REPLY {
            return Err(ExchangeError::TooLong(len));
        }
        let mut octets = vec![0; len as usize];
        self.stream.read_exact(&mut octets).await?;
        let reply = isccc::decode(&octets, &self.key)?;
        // The nonce is of this connection and the serial number of this command: an old reply, signed
        // with the same key, has another pair.
        let ctrl = reply.table("_ctrl").ok_or(ExchangeError::NotOurs)?;
        let ours = ctrl.text("_ser") == Some(self.serial.to_string())
            && ctrl.text("_rpl").as_deref() == Some("1")
            && (self.nonce.is_empty() || ctrl.text("_nonce").as_ref() == Some(&self.nonce));
        if ours {
            Ok(reply)
        } else {
            Err(ExchangeError::NotOurs)
        }
    }
}

fn now() -> Result<Duration, std::time::SystemTimeError> {
    SystemTime::now().duration_since(UNIX_EPOCH)
}

#[derive(Debug, thiserror::Error)]
enum ExchangeError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Fault(#[from] isccc::Fault),
    #[error("it announced a reply of {0} octets: it is not named")]
    TooLong(u32),
    #[error("its reply is not to our command")]
    NotOurs,
}

impl ExchangeError {
    fn is_close(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        matches!(self, Self::Io(error) if matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe))
    }
}
