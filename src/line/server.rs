//! Connections: one command each, within limits of octets, time and number.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::command::{Command, read};
use super::door::{Door, NO_TOKEN, Reach, not_done};
use crate::logging::error;

/// A command is over when nothing more came for so long.
const SILENCE: Duration = Duration::from_millis(50);

/// How long a client may take to send a command, and to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most octets of a line.
const LINE: usize = 64 << 10;

/// Most connections at a time, and of one address.
const CONNECTIONS: usize = 256;
const OF_ONE: usize = 128;

/// Most connections of all addresses outside `registry.allow`: those within it always have room.
const OF_STRANGERS: usize = 128;

/// How long no connection is taken after the system had none to give.
const PAUSE: Duration = Duration::from_millis(100);

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "registry.line_listen: cannot listen on {address}: {cause}; is another server running there?"
)]
pub struct CannotListen {
    address: SocketAddr,
    cause: io::Error,
}

/// A socket that is listened on.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    door: Arc<Door>,
    slots: Arc<Slots>,
}

/// Listens on all `addresses`, which lead to one door. Needs a runtime of Tokio.
///
/// # Errors
/// When one is taken.
pub fn bind(addresses: &[SocketAddr], door: Door) -> Result<Vec<Listener>, CannotListen> {
    let (door, slots) = (Arc::new(door), Arc::<Slots>::default());
    let bind = |address: &SocketAddr| {
        let listening = || {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, TcpListener::from_std(listener)?))
        };
        let (bound, listener) = listening().map_err(|cause| CannotListen {
            address: *address,
            cause,
        })?;
        Ok(Listener {
            listener,
            address: bound,
            door: Arc::clone(&door),
            slots: Arc::clone(&slots),
        })
    };
    addresses.iter().map(bind).collect()
}

impl Listener {
    /// Where it listens; the port is the real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`. Commands that have been read are done before it returns.
    pub async fn serve(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                taken = self.listener.accept() => match taken {
                    Ok((stream, client)) => {
                        self.take(stream, client.ip().to_canonical(), &mut connections, &stop);
                    }
                    // There are no files left, or the client is gone already.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
                Some(ended) = connections.join_next() => note(ended),
            }
        }
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    }

    fn take(
        &self,
        stream: TcpStream,
        client: IpAddr,
        connections: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let slot = match self.door.reach(client) {
            Reach::Nobody => Err(NO_TOKEN),
            reach => Slots::take(&self.slots, client, reach)
                .ok_or("too many connections; try again later"),
        };
        let slot = match slot {
            Ok(slot) => slot,
            Err(why) => {
                // Where that does not fit at once, nobody waits for it.
                if let Ok(mut stream) = stream.into_std() {
                    let _ = stream.write_all(not_done(why).as_bytes());
                }
                return;
            }
        };
        let (door, stop) = (Arc::clone(&self.door), stop.clone());
        connections.spawn(async move {
            // Whoever left needs no answer.
            let _ = converse(stream, client, &door, &stop).await;
            drop(slot);
        });
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        error!("a command of the line protocol stopped on an internal error; please report it");
    }
}

/// Reads a command, has it done and answers it.
async fn converse(
    mut stream: TcpStream,
    client: IpAddr,
    door: &Door,
    stop: &CancellationToken,
) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let (mut lines, mut token) = (Lines::default(), None);
    let answer = loop {
        let next = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            next = timeout_at(deadline, lines.next(&mut stream)) => next,
        };
        let line = match next {
            Ok(line) => line?,
            Err(_) => break not_done("no whole command came in time"),
        };
        let line = match line {
            Line::End => return Ok(()),
            Line::TooLong => break not_done(format!("a command has at most {LINE} octets")),
            Line::Of(octets) => String::from_utf8(octets),
        };
        let Ok(line) = line else {
            break not_done("the command is not UTF-8");
        };
        match read(&line) {
            Ok(Command::Auth(sent)) if token.is_none() => token = Some(sent.to_owned()),
            _ => break door.answer(client, token.as_deref(), &line).await,
        }
    };
    let send = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    match timeout(PATIENCE, send).await {
        Ok(sent) => sent?,
        Err(_) => return Ok(()),
    }
    // Closed with something unread, the connection would be reset, and the answer lost.
    let drain = async {
        let mut rest = [0; 4_096];
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    };
    tokio::select! {
        () = stop.cancelled() => {}
        _ = timeout(PATIENCE, drain) => {}
    }
    Ok(())
}

/// What came of a line.
enum Line {
    Of(Vec<u8>),
    TooLong,
    /// The client has sent all, and nothing is left.
    End,
}

/// What a client has sent that was not looked at.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    /// The next line: to a line feed, to the end, or to a moment of silence.
    async fn next(&mut self, stream: &mut TcpStream) -> io::Result<Line> {
        let mut looked_at = 0;
        loop {
            let new = self.0.get(looked_at..).unwrap_or_default();
            if let Some(at) = new.iter().position(|octet| *octet == b'\n') {
                let rest = self.0.split_off(looked_at + at + 1);
                return Ok(Line::of(std::mem::replace(&mut self.0, rest)));
            }
            looked_at = self.0.len();
            if looked_at > LINE {
                return Ok(Line::TooLong);
            }
            let is_first = self.0.is_empty();
            let more = stream.read_buf(&mut self.0);
            let read = match is_first {
                true => more.await?,
                false => match timeout(SILENCE, more).await {
                    Ok(read) => read?,
                    Err(_) => 0,
                },
            };
            if read == 0 {
                return Ok(match is_first {
                    true => Line::End,
                    false => Line::of(std::mem::take(&mut self.0)),
                });
            }
        }
    }
}

impl Line {
    fn of(octets: Vec<u8>) -> Self {
        match octets.len() > LINE {
            true => Self::TooLong,
            false => Self::Of(octets),
        }
    }
}

/// The connections that there are, by address.
#[derive(Debug, Default)]
struct Slots(Mutex<HashMap<IpAddr, Taken>>);

/// The connections of one address.
#[derive(Debug, Clone, Copy)]
struct Taken {
    count: usize,
    is_allowed: bool,
}

/// The place of one connection.
struct Slot {
    slots: Arc<Slots>,
    client: IpAddr,
}

impl Slots {
    /// A place for a connection of `client`; `None`: there are too many.
    fn take(slots: &Arc<Self>, client: IpAddr, reach: Reach) -> Option<Slot> {
        let mut taken = slots.0.lock();
        let all = taken.values().map(|taken| taken.count).sum::<usize>();
        let strangers = taken.values().filter(|taken| !taken.is_allowed);
        let strangers: usize = strangers.map(|taken| taken.count).sum();
        let count = taken.get(&client).map_or(0, |taken| taken.count);
        let is_allowed = reach == Reach::Allowed;
        if all >= CONNECTIONS || count >= OF_ONE || (!is_allowed && strangers >= OF_STRANGERS) {
            return None;
        }
        let count = count + 1;
        taken.insert(client, Taken { count, is_allowed });
        let slots = Arc::clone(slots);
        Some(Slot { slots, client })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock();
        if let Some(own) = taken.get_mut(&self.client) {
            own.count = own.count.saturating_sub(1);
            if own.count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn strangers_leave_room_for_the_clients_of_allow() {
        let slots = Arc::default();
        let take = |last: u8, reach| {
            let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
            Slots::take(&slots, client, reach)
        };
        let strangers: Vec<_> = (0..CONNECTIONS)
            .map_while(|number| take((number % 4) as u8, Reach::WithToken))
            .collect();
        assert_eq!(strangers.len(), OF_STRANGERS);
        let allowed: Vec<_> = (0..CONNECTIONS)
            .map_while(|_| take(9, Reach::Allowed))
            .collect();
        assert_eq!(allowed.len(), OF_ONE);
        drop(strangers);
        assert!(take(1, Reach::WithToken).is_some());
    }
}
