//! Datagrams of one connected socket, as many with one system call as there are.
//!
//! A question costs less than the call that sends it: a zone of 20 RRsets is asked for with two calls for each
//! direction instead of 20.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::MAX_DATAGRAM;
use super::exchange::Packet;

/// Sends all `packets`.
pub(super) async fn send(socket: &UdpSocket, packets: &[Packet]) -> io::Result<()> {
    let mut done = 0;
    while done < packets.len() {
        let left = &packets[done..];
        let some = || {
            let slices: Vec<_> = left
                .iter()
                .map(|packet| [IoSlice::new(packet.octets())])
                .collect();
            // The socket is connected.
            let to: Vec<Option<SockaddrStorage>> = vec![None; left.len()];
            let mut headers = MultiHeaders::preallocate(left.len(), None);
            let flags = MsgFlags::MSG_DONTWAIT;
            let sent = sendmmsg(socket.as_raw_fd(), &mut headers, &slices, to, [], flags)?;
            Ok(sent.count())
        };
        done += socket.async_io(Interest::WRITABLE, some).await?;
    }
    Ok(())
}

/// Room for the datagrams that come together.
pub(super) struct Datagrams {
    buffers: Vec<Vec<u8>>,
    lens: Vec<usize>,
}

impl Datagrams {
    /// Room for `most` at once; those beyond it come with the next call.
    pub fn of(most: usize) -> Self {
        Self {
            buffers: vec![vec![0; MAX_DATAGRAM]; most],
            lens: Vec::with_capacity(most),
        }
    }

    /// Those that have come, at least one.
    pub async fn receive(
        &mut self,
        socket: &UdpSocket,
    ) -> io::Result<impl Iterator<Item = &[u8]> + use<'_>> {
        let Self { buffers, lens } = self;
        // Nobody listens: then there is an error to be received, and nothing else.
        let interest = Interest::READABLE.add(Interest::ERROR);
        socket
            .async_io(interest, || {
                lens.clear();
                let mut slices: Vec<_> = buffers
                    .iter_mut()
                    .map(|buffer| [IoSliceMut::new(buffer)])
                    .collect();
                let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(slices.len(), None);
                let flags = MsgFlags::MSG_DONTWAIT;
                let came = recvmmsg(socket.as_raw_fd(), &mut headers, &mut slices, flags, None);
                lens.extend(came.map_err(io::Error::from)?.map(|message| message.bytes));
                Ok(())
            })
            .await?;
        let came = buffers.iter().zip(lens.iter());
        Ok(came.map(|(buffer, len)| &buffer[..*len]))
    }
}
