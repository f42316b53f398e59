//! More connections than there may be.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wire::{SOA, request};
use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

/// A server with room for so many connections, that waits long for a request.
fn crowded(connections: usize) -> Server {
    let mut settings = settings();
    settings.tcp = TcpLimits {
        connections,
        connections_per_client: 50,
        idle: Duration::from_secs(600),
    };
    let server = running(settings);
    server.load(&zone("a.example", 1, "")).unwrap();
    server
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.addresses()[0]).await.unwrap()
}

/// Whether a connection is answered.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let request = request([0, 0], "a.example", SOA, &[]);
    let framed = [&(request.len() as u16).to_be_bytes(), &request[..]].concat();
    stream.write_all(&framed).await.is_ok()
        && matches!(timeout(PATIENCE, stream.read_u16()).await, Ok(Ok(12..)))
}

#[tokio::test]
async fn where_no_room_is_left_the_connection_that_waited_longest_gives_way_to_a_new_one() {
    let server = crowded(3);
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&server).await;
        assert!(is_answered(&mut stream).await);
        // The answer is read to its end, so that nothing is left of it.
        let mut rest = [0; 512];
        let _ = stream.read(&mut rest).await.unwrap();
        open.push(stream);
    }
    let mut late = connect(&server).await;
    assert!(is_answered(&mut late).await);
    let mut octet = [0];
    let closed = timeout(PATIENCE, open[0].read(&mut octet)).await;
    assert_eq!(closed.unwrap().unwrap(), 0);
    for stream in &mut open[1..] {
        assert!(is_answered(stream).await);
    }
}

#[tokio::test]
async fn half_a_request_holds_no_room_either() {
    let server = crowded(2);
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        stream.write_all(&[0, 200, 1, 2, 3]).await.unwrap();
        open.push(stream);
    }
    for _ in 0..20 {
        assert!(is_answered(&mut connect(&server).await).await);
    }
}
