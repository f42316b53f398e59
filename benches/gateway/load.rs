//! A load generator: many kept connections, each with one request after the other, all in one thread, so that
//! it takes little from what it measures.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::figures::Times;

/// What a flood came to.
pub struct Flood {
    /// Requests that were answered with `error=0`; each of the others ends the program.
    pub accepted: usize,
    /// From the first to the last.
    pub took: Duration,
    /// How long each answer took.
    pub times: Times,
}

impl Flood {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }
}

/// When a flood ends.
#[derive(Clone, Copy)]
pub enum Until {
    /// After so many requests.
    Count(usize),
    /// After so long.
    Time(Duration),
}

/// Sends the requests that `request` makes of the numbers 0, 1, ….
pub fn flood(
    address: SocketAddr,
    connections: usize,
    until: Until,
    request: impl Fn(usize) -> Vec<u8>,
) -> Flood {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let next = Cell::new(0);
    let (next, request) = (&next, &request);
    let took = runtime.block_on(async {
        let streams = (0..connections).map(|_| TcpStream::connect(address));
        let streams: Vec<_> = join_all(streams)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let began = Instant::now();
        let clients = streams.into_iter().map(|mut stream| async move {
            stream.set_nodelay(true).unwrap();
            let mut times = Vec::new();
            loop {
                let number = next.get();
                let over = match until {
                    Until::Count(count) => number >= count,
                    Until::Time(limit) => began.elapsed() >= limit,
                };
                if over {
                    return times;
                }
                next.set(number + 1);
                let request = request(number);
                let sent = Instant::now();
                stream.write_all(&request).await.unwrap();
                accepted(&mut stream).await;
                times.push(sent.elapsed());
            }
        });
        let times = join_all(clients).await.concat();
        (began.elapsed(), times)
    });
    Flood {
        accepted: took.1.len(),
        took: took.0,
        times: Times(took.1),
    }
}

/// Reads one answer, which has to be `error=0`.
async fn accepted(stream: &mut TcpStream) {
    let mut answer = Vec::with_capacity(1024);
    loop {
        let length = stream.read_buf(&mut answer).await.unwrap();
        assert!(length > 0, "dadns closed the connection");
        if let Some(body) = body(&answer) {
            let body = String::from_utf8_lossy(body);
            assert!(body.contains("error=0"), "refused: {body}");
            return;
        }
    }
}

/// The body of an answer that is there as a whole.
pub fn body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).expect("an answer of HTTP");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let length: usize = length.unwrap_or_else(|| panic!("an answer without length: {head}"));
    answer.get(end..end + length)
}
