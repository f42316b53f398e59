//! What attacks are made of: connections from many addresses of this machine, by one thread that waits for
//! nobody.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Where attackers are. On one core, so that something is left for those who are attacked.
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

/// The address of the `n`th attacker: good clients have another.
pub fn attacker(n: usize) -> Ipv4Addr {
    let n = u32::try_from(n).unwrap();
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 66, 0, 1)) + n)
}

/// Connects from the address of the `n`th attacker.
pub async fn connect(n: usize, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((attacker(n), 0)))?;
    socket.connect(to).await
}
