//! A connection to a site, plain or encrypted, as hyper's client wants to see it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use futures_rustls::client::TlsStream;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{self, Connected};
use roundelay::hyper::Io;
use roundelay::net::TcpStream;

/// hyper reads plain sockets through the runtime's own adapter, which fills hyper's buffer in place.
/// TLS has to decrypt first: here the bytes are copied, which is little beside the decryption.
pub enum Connection {
    Plain(Io),
    /// Boxed, being many times the size of the other.
    Secure(Box<TlsStream<TcpStream>>),
}

impl Read for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Connection::Secure(stream) => {
                let mut piece = [0; 8192];
                let room = piece.len().min(buffer.remaining());
                let length = ready!(Pin::new(stream).poll_read(cx, &mut piece[..room]))?;
                buffer.put_slice(&piece[..length]);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl Write for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Connection::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Connection::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Connection::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Connection::Secure(stream) => Pin::new(stream).poll_close(cx),
        }
    }
}

impl connect::Connection for Connection {
    /// There is nothing to tell: no proxy, and HTTP/1.1 throughout.
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
