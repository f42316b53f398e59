//! A connection, and what it began with.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How many octets are kept of what a client sends first: they tell what it takes this port for.
const KEPT: usize = 256;

/// What a connection began with, until a request of it was understood. Shared by those who serve it.
#[derive(Debug, Clone, Default)]
pub struct Beginning(Rc<RefCell<Began>>);

/// See [`Beginning`].
#[derive(Debug, Default)]
pub(super) struct Began {
    /// The first octets that came.
    pub read: Vec<u8>,
    /// Whether a request was understood.
    pub understood: bool,
    /// Whether the server gave up waiting for a request (status 408).
    pub timed_out: bool,
}

impl Beginning {
    /// A request of this connection was understood: what else comes is the business of its answer.
    pub fn is_understood(&self) {
        let mut began = self.0.borrow_mut();
        began.understood = true;
        began.read = Vec::new();
    }

    /// What it was.
    pub(super) fn take(&self) -> Began {
        self.0.take()
    }

    fn note_read(&self, octets: &[u8]) {
        let mut began = self.0.borrow_mut();
        let room = match began.understood {
            true => 0,
            false => KEPT - began.read.len(),
        };
        began.read.extend(octets.iter().take(room));
    }

    fn note_written(&self, octets: &[u8]) {
        if octets.starts_with(b"HTTP/1.1 408 ") {
            self.0.borrow_mut().timed_out = true;
        }
    }
}

/// A connection with or without TLS, whose beginning is kept.
#[derive(Debug)]
pub struct Stream {
    inner: Inner,
    beginning: Beginning,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub fn plain(stream: TcpStream) -> Self {
        Self::of(Inner::Plain(stream))
    }

    pub fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::of(Inner::Tls(Box::new(stream)))
    }

    fn of(inner: Inner) -> Self {
        Self {
            inner,
            beginning: Beginning::default(),
        }
    }

    pub fn beginning(&self) -> Beginning {
        self.beginning.clone()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        self.beginning.note_read(&buffer.filled()[before..]);
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.beginning.note_written(octets);
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(context, octets),
            Inner::Tls(stream) => Pin::new(stream).poll_write(context, octets),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(context),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
