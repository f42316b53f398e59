//! The sockets that the server answers on.

pub(crate) mod counters;
pub(crate) mod tcp;
pub(crate) mod udp;

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;
/// Octets of each UDP socket's queues: what comes while a core is busy must find room.
const UDP_BUFFER: usize = 1 << 20;
/// How often a free port is looked for where any will do.
const PORT_TRIES: usize = 20;

/// The sockets of one address.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub address: SocketAddr,
    /// One for each core; the system spreads clients over them.
    pub udp: Vec<UdpSocket>,
    pub tcp: TcpListener,
}

impl Sockets {
    /// Opens those of `address`, with so many for UDP. Port 0: any port that is free for both.
    pub fn open(address: SocketAddr, udp: usize) -> io::Result<Self> {
        let mut opened = Self::open_once(address, udp);
        for _ in 1..PORT_TRIES {
            match &opened {
                Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {
                    opened = Self::open_once(address, udp);
                }
                _ => break,
            }
        }
        opened
    }

    fn open_once(address: SocketAddr, udp: usize) -> io::Result<Self> {
        // TCP first: it does not share its port, so a second server on this address is found out.
        let tcp: TcpListener = {
            let socket = socket(address, Type::STREAM, Protocol::TCP)?;
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            socket.into()
        };
        let address = tcp.local_addr()?;
        let udp = (0..udp.max(1))
            .map(|_| udp_socket(address))
            .collect::<io::Result<_>>()?;
        Ok(Self { address, udp, tcp })
    }
}

fn udp_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_reuse_port(true)?;
    // The system may grant less.
    let _ = socket.set_recv_buffer_size(UDP_BUFFER);
    let _ = socket.set_send_buffer_size(UDP_BUFFER);
    if address.ip().is_unspecified() {
        // To answer from the address that was asked.
        match address {
            SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // So that 0.0.0.0 and [::] can both be listened on.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether the addresses are listened on.
#[derive(Debug)]
pub(crate) enum Listening {
    /// The sockets are open, and nobody reads them yet.
    Open(Vec<Sockets>),
    /// They are read.
    Served(Vec<SocketAddr>),
    /// They could not be opened.
    Failed(String),
}

impl Listening {
    /// Opens the sockets of all `addresses`.
    pub fn open(addresses: &[SocketAddr]) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let open = |address: &SocketAddr| {
            Sockets::open(*address, cores).map_err(|error| format!("{address}: {error}"))
        };
        match addresses.iter().map(open).collect() {
            Ok(sockets) => Self::Open(sockets),
            Err(cause) => Self::Failed(cause),
        }
    }

    /// The sockets to read, if they are open.
    pub fn take(&mut self) -> Option<Vec<Sockets>> {
        let Self::Open(sockets) = self else {
            return None;
        };
        let sockets = std::mem::take(sockets);
        *self = Self::Served(sockets.iter().map(|sockets| sockets.address).collect());
        Some(sockets)
    }

    /// The addresses that are listened on, with the ports that were found free.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::Open(sockets) => sockets.iter().map(|sockets| sockets.address).collect(),
            Self::Served(addresses) => addresses.clone(),
            Self::Failed(_) => Vec::new(),
        }
    }
}

/// The addresses of the server could not be listened on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {cause}")]
pub struct NotListening {
    /// What was being done, with the addresses.
    pub doing: String,
    /// What the system said.
    pub cause: String,
}
