//! Connections, before any request of them is understood.
//!
//! actix-web answers what is no HTTP by itself, without a word in the log; and a client that speaks TLS
//! where there is none, or the other way round, it cannot tell from noise. So connections are taken here:
//! what they begin with is looked at, and when they end without a request, the log says what to change.

mod fault;
mod files;
mod stream;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::AppConfig;
use futures_util::future::LocalBoxFuture;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::notices::Notices;
use super::reply;
use fault::Fault;
pub use stream::Beginning;
use stream::Stream;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long requests under way may take after a stop was asked for, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;

/// No worker has more connections than this, however many files there may be.
const MOST_PER_WORKER: usize = 25_600;

/// How many octets are looked at of what is sent to a port with TLS in clear.
const LOOKED_AT: usize = 256;

/// Serves `app` to those who connect to `listener`.
pub fn serve<F, I, S, B>(
    listener: TcpListener,
    tls: Option<ServerConfig>,
    notices: Arc<Notices>,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>>,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let door = Door {
        port: listener.local_addr()?.port(),
        tls: tls.map(|tls| TlsAcceptor::from(Arc::new(tls))),
        notices,
    };
    // Half of the cores, so that a flood of pushes leaves the others to the committer, to lanes and to answers.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = cores.div_ceil(2);
    // Each has its share of the connections.
    let most = files::most_connections().div_ceil(workers);
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(most.min(MOST_PER_WORKER))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    let stop = builder.graceful_shutdown_signal();
    let builder = builder.listen("http", listener, move || {
        let stop = stop.clone();
        let app = app().into_factory();
        let app = app.map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .client_request_timeout(HEAD_TIMEOUT)
            .graceful_shutdown_signal(move || {
                let stop = stop.clone();
                async move { stop.notified().await }
            })
            .on_connect_ext(|stream: &Stream, data| drop(data.insert(stream.beginning())))
            .finish(map_config(app, |()| AppConfig::default()));
        Front {
            door: door.clone(),
            http,
        }
    })?;
    Ok(builder.run())
}

/// How connections are taken.
#[derive(Clone)]
struct Door {
    port: u16,
    tls: Option<TlsAcceptor>,
    notices: Arc<Notices>,
}

/// Takes connections and hands them to `http`.
struct Front<H> {
    door: Door,
    http: H,
}

/// What is handed to the HTTP service.
type Handed = (Stream, Protocol, Option<SocketAddr>);

impl<H> ServiceFactory<TcpStream> for Front<H>
where
    H: ServiceFactory<Handed, Config = (), Response = (), Error = DispatchError>,
    H::Service: 'static,
    H::Future: 'static,
{
    type Response = ();
    type Error = ();
    type Config = ();
    type Service = Front<Rc<H::Service>>;
    type InitError = H::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let (door, http) = (self.door.clone(), self.http.new_service(()));
        Box::pin(async {
            let http = Rc::new(http.await?);
            Ok(Front { door, http })
        })
    }
}

impl<H> Service<TcpStream> for Front<Rc<H>>
where
    H: Service<Handed, Response = (), Error = DispatchError> + 'static,
{
    type Response = ();
    type Error = ();
    type Future = LocalBoxFuture<'static, Result<(), ()>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.http.poll_ready(context).map_err(drop)
    }

    fn call(&self, stream: TcpStream) -> Self::Future {
        let (door, http) = (self.door.clone(), Rc::clone(&self.http));
        Box::pin(async move {
            let Ok(client) = stream.peer_addr() else {
                return Ok(());
            };
            let Some(stream) = door.open(stream, client).await else {
                return Ok(());
            };
            let beginning = stream.beginning();
            let ended = http.call((stream, Protocol::Http1, Some(client))).await;
            let began = beginning.take();
            if let Some(fault) = Fault::of_http(&began, ended.err().as_ref(), door.port) {
                door.tell(client, &fault);
            }
            Ok(())
        })
    }
}

impl Door {
    fn tell(&self, client: SocketAddr, fault: &Fault) {
        self.notices
            .write(client.ip(), fault.kind, || fault.line(client));
    }

    /// The connection, with TLS where that is spoken; `None`: there is none that requests can come over.
    async fn open(&self, stream: TcpStream, client: SocketAddr) -> Option<Stream> {
        let Some(tls) = &self.tls else {
            return Some(Stream::plain(stream));
        };
        let mut began = false;
        let opening = async {
            let mut first = [0];
            match stream.peek(&mut first).await {
                // Who only looks whether the port is open.
                Err(_) | Ok(0) => return None,
                Ok(_) => began = true,
            }
            // RFC 8446, section 5.1: the type of a record with a handshake.
            if first != [0x16] {
                let (stream, read) = looked_at(stream).await;
                began = false;
                self.turn_away(stream, &read, client).await;
                return None;
            }
            match tls.accept(stream).await {
                Ok(stream) => Some(Stream::tls(stream)),
                Err(error) => {
                    self.tell(client, &Fault::of_handshake(&error));
                    None
                }
            }
        };
        match timeout(HANDSHAKE_TIMEOUT, opening).await {
            Ok(opened) => opened,
            Err(_) => {
                if began {
                    let fault = Fault::slow_handshake(HANDSHAKE_TIMEOUT.as_secs());
                    self.tell(client, &fault);
                }
                None
            }
        }
    }

    /// Tells a client without TLS that it has to speak it, if it is one of HTTP.
    async fn turn_away(&self, mut stream: TcpStream, read: &[u8], client: SocketAddr) {
        self.tell(client, &Fault::without_tls(read, self.port));
        if !fault::is_http(read) {
            return;
        }
        let body = reply::error(
            "TLS is missing",
            "this port speaks TLS (https): switch on \"Use SSL\" for this server in DirectAdmin",
        );
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            reply::CONTENT_TYPE,
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
            return;
        }
        // Closed with something unread, the connection would be reset, and the answer lost.
        let mut rest = [0; 4_096];
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    }
}

/// What a client without TLS sends first, up to the end of a line.
async fn looked_at(mut stream: TcpStream) -> (TcpStream, Vec<u8>) {
    let mut read = Vec::new();
    while read.len() < LOOKED_AT && !read.contains(&b'\n') {
        match stream.read_buf(&mut read).await {
            Err(_) | Ok(0) => break,
            Ok(_) => {}
        }
    }
    (stream, read)
}
