//! Answers over TCP (RFC 7766), zone transfers among them, with limits on connections: how many
//! a client may have, and for how long.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::counters::Counters;
use crate::answer::respond::{Response, Transport};
use crate::limits::connections::Connection;
use crate::state::Shared;
use crate::transfer::Messages;
use crate::update::Reply;

/// The pause after a connection could not be accepted, such as when no more files may be open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Octets in front of a message that say how long it is (RFC 1035 §4.2.2).
const LENGTH: usize = 2;

/// Accepts connections until the task is ended, or until one ends by a fault of ours.
pub(crate) async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    let counters = shared.counters.another();
    loop {
        let accepting = accept(&listener, &shared);
        tokio::pin!(accepting);
        let (stream, client, counted) = loop {
            tokio::select! {
                accepted = &mut accepting => break accepted?,
                Some(ended) = connections.join_next() => ended.map_err(io::Error::other)?,
            }
        };
        let (shared, counters) = (Arc::clone(&shared), Arc::clone(&counters));
        connections.spawn(async move {
            // A client that breaks off or stalls is nobody's business but its own.
            let _ = converse(stream, client, &shared, &counters).await;
            drop(counted);
        });
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    shared: &Shared,
) -> io::Result<(TcpStream, IpAddr, (Connection, OwnedSemaphorePermit))> {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                // First: nobody has to give way to a client that has enough.
                let Some(counted) = shared.connections.take(client.ip()) else {
                    continue;
                };
                // Not before: a listener that nobody connects to must not keep room from another.
                let room = shared.connections.room();
                let permit = room.await.map_err(io::Error::other)?;
                return Ok((stream, client.ip(), (counted, permit)));
            }
            Err(error) => {
                shared
                    .reporter
                    .trouble(|| format!("cannot accept a TCP connection: {error}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse(
    stream: TcpStream,
    client: IpAddr,
    shared: &Shared,
    counters: &Counters,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let idle = shared.settings.tcp.idle;
    let mut stream = BufReader::new(stream);
    let mut request = Vec::new();
    let mut out = Vec::new();
    loop {
        let waiting = shared.connections.waits();
        tokio::select! {
            // What has come is answered.
            biased;
            came = receive(&mut stream, &mut request, idle) => came?,
            () = waiting.gives_way() => return Ok(()),
        }
        drop(waiting);
        out.clear();
        out.extend_from_slice(&[0; LENGTH]);
        let response = {
            let view = shared.responder.zones.view();
            shared
                .responder
                .respond(&view, &request, client, Transport::Tcp, &mut out)
        };
        match response {
            // What is no request ends the conversation.
            Response::None => return Ok(()),
            Response::Message(_) => {
                counters.sent(&out[LENGTH..]);
                write(stream.get_mut(), &mut out, idle).await?;
            }
            Response::Refused(_, what) | Response::RefusedKey(what) => {
                counters.sent(&out[LENGTH..]);
                shared.reporter.trouble(|| what);
                write(stream.get_mut(), &mut out, idle).await?;
            }
            Response::Update(accepted) => {
                let (reply, answer) = oneshot::channel();
                let answer = match shared.hand_over(*accepted, Reply::Tcp(reply)) {
                    Ok(()) => answer.await.map_err(io::Error::other)?,
                    Err(refused) => refused,
                };
                counters.sent(&answer);
                out.truncate(LENGTH);
                out.extend_from_slice(&answer);
                write(stream.get_mut(), &mut out, idle).await?;
            }
            Response::Transfer(transfer) => {
                counters.transferred();
                send(stream.get_mut(), transfer.messages(), idle).await?;
            }
        }
    }
}

/// Takes the next request, whole.
async fn receive(
    stream: &mut BufReader<TcpStream>,
    request: &mut Vec<u8>,
    idle: Duration,
) -> io::Result<()> {
    let len = in_time(idle, stream.read_u16()).await?;
    request.resize(usize::from(len), 0);
    in_time(idle, stream.read_exact(request)).await?;
    Ok(())
}

/// Sends all messages of a transfer.
async fn send(
    stream: &mut TcpStream,
    mut messages: Messages<'_>,
    idle: Duration,
) -> io::Result<()> {
    let mut out = vec![0; LENGTH];
    while messages.next(&mut out).map_err(io::Error::other)? {
        write(stream, &mut out, idle).await?;
        out.truncate(LENGTH);
    }
    Ok(())
}

/// Writes the message that follows two octets in `out`, with its length in these.
async fn write(stream: &mut TcpStream, out: &mut [u8], idle: Duration) -> io::Result<()> {
    let len = u16::try_from(out.len() - LENGTH).map_err(io::Error::other)?;
    out[..LENGTH].copy_from_slice(&len.to_be_bytes());
    in_time(idle, stream.write_all(out)).await
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, work).await.map_err(io::Error::other)?
}
