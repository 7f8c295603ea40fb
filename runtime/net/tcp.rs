//! TCP sockets: a listener and a stream.

use crate::event_loop::reactor::Direction;
use crate::event_loop::waits::located;
use crate::io::source::Source;
use futures_io::{AsyncRead, AsyncWrite};
use mio::Interest;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A socket that accepts connections.
///
/// # Examples
/// ```
/// use roundelay::net::{TcpListener, TcpStream};
/// # fn main() -> std::io::Result<()> {
/// roundelay::run(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, _) = listener.accept().await?;
///     client.write_all(b"ping").await?;
///     let mut bytes = [0; 4];
///     server.read_exact(&mut bytes).await?;
///     assert_eq!(&bytes, b"ping");
///     Ok(())
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct TcpListener {
    source: Source<mio::net::TcpListener>,
}

impl TcpListener {
    /// Binds to the first address that can be bound, and listens. Port 0 lets the system choose one.
    ///
    /// Names are looked up on the thread pool; addresses are not.
    ///
    /// # Errors
    /// That of the last address tried, or if there is none.
    #[doc(alias = "start_server")]
    pub fn bind<A: ToSocketAddrs + Send + 'static>(
        address: A,
    ) -> impl Future<Output = io::Result<Self>> {
        located(async move {
            let addresses = crate::net::lookup(address).await?;
            let mut last = no_address();
            for address in addresses {
                match mio::net::TcpListener::bind(address) {
                    Ok(listener) => return Self::register(listener),
                    Err(error) => last = error,
                }
            }
            Err(last)
        })
    }

    /// Takes over a listener of the standard library, and sets it to non-blocking.
    ///
    /// # Errors
    /// If it cannot be set or registered.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::register(mio::net::TcpListener::from_std(listener))
    }

    fn register(listener: mio::net::TcpListener) -> io::Result<Self> {
        let fd = listener.as_raw_fd();
        Ok(TcpListener {
            source: Source::new(listener, fd, Interest::READABLE)?,
        })
    }

    /// Returns the address that it listens on.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// Accepts a connection.
    ///
    /// Errors of a connection that went before it was accepted are passed over.
    ///
    /// # Errors
    /// Such as being out of descriptors: the caller decides how long to wait before the next try.
    ///
    /// # Cancellation
    /// Dropped while it waits, it has accepted nothing.
    pub fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> {
        located(async move {
            let (stream, address) = self.source.read_with(accept_one).await?;
            Ok((TcpStream::register(stream)?, address))
        })
    }

    /// As [`accept`](TcpListener::accept), for hand-written futures.
    #[track_caller]
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = self.source.poll_read_with(cx, accept_one);
        accepted.map(|accepted| {
            let (stream, address) = accepted?;
            Ok((TcpStream::register(stream)?, address))
        })
    }
}

/// Accepts a connection that has not gone meanwhile.
fn accept_one(listener: &mio::net::TcpListener) -> io::Result<(mio::net::TcpStream, SocketAddr)> {
    loop {
        match listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            other => return other,
        }
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get_ref().as_fd()
    }
}

/// A connection. Both directions can be used at once: all operations take `&self`, and `&TcpStream` implements
/// [`AsyncRead`] and [`AsyncWrite`] too.
#[derive(Debug)]
pub struct TcpStream {
    source: Source<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to the first address that accepts.
    ///
    /// Names are looked up on the thread pool; addresses are not.
    ///
    /// # Errors
    /// That of the last address tried, or if there is none.
    ///
    /// # Cancellation
    /// Dropped while it waits, it closes the attempt.
    #[doc(alias = "open_connection")]
    pub fn connect<A: ToSocketAddrs + Send + 'static>(
        address: A,
    ) -> impl Future<Output = io::Result<Self>> {
        located(async move {
            let addresses = crate::net::lookup(address).await?;
            let mut last = no_address();
            for address in addresses {
                match Self::connect_to(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            Err(last)
        })
    }

    async fn connect_to(address: SocketAddr) -> io::Result<Self> {
        let stream = Self::register(mio::net::TcpStream::connect(address)?)?;
        stream.source.touched();
        // A new stream counts as writable, but this one is so only when the connection stands or has failed.
        stream.source.clear_ready(Direction::Write);
        stream
            .source
            .write_with(|stream| {
                if let Some(error) = stream.take_error()? {
                    return Err(error);
                }
                match stream.peer_addr() {
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    other => other.map(drop),
                }
            })
            .await?;
        Ok(stream)
    }

    /// Takes over a stream of the standard library, and sets it to non-blocking.
    ///
    /// # Errors
    /// If it cannot be set or registered.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::register(mio::net::TcpStream::from_std(stream))
    }

    fn register(stream: mio::net::TcpStream) -> io::Result<Self> {
        let fd = stream.as_raw_fd();
        Ok(TcpStream {
            source: Source::new(stream, fd, Interest::READABLE | Interest::WRITABLE)?,
        })
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }

    /// Sends small pieces at once (true), or lets the system collect them (false, the default).
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get_ref().set_nodelay(nodelay)
    }

    /// Reads what is there, at least one byte; 0 bytes at the end of the stream.
    ///
    /// # Errors
    /// If the connection fails.
    ///
    /// # Cancellation
    /// Dropped while it waits, it has read nothing.
    pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        located(async move {
            let asked = buffer.len();
            let reading = self.source.read_with(|mut stream| stream.read(buffer));
            let result = reading.await;
            self.note_read(&result, asked);
            result
        })
    }

    /// Reads until the buffer is full.
    ///
    /// # Errors
    /// If the connection fails, or `UnexpectedEof` if the stream ends first.
    ///
    /// # Cancellation
    /// Dropped while it waits, it may have read a part, which stays in the buffer.
    pub fn read_exact(&self, buffer: &mut [u8]) -> impl Future<Output = io::Result<()>> {
        located(async move {
            let mut filled = 0;
            while filled < buffer.len() {
                match self.read(&mut buffer[filled..]).await? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => filled += count,
                }
            }
            Ok(())
        })
    }

    /// Reads to the end of the stream, behind what is in `bytes` already.
    ///
    /// # Errors
    /// If the connection fails. What came before is in `bytes`.
    pub fn read_to_end(&self, bytes: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        located(async move {
            let before = bytes.len();
            let mut chunk = [0; 8192];
            loop {
                match self.read(&mut chunk).await? {
                    0 => return Ok(bytes.len() - before),
                    count => bytes.extend_from_slice(&chunk[..count]),
                }
            }
        })
    }

    /// Writes what fits, at least one byte of a buffer that is not empty.
    ///
    /// # Errors
    /// If the connection fails; a broken one gives an error, never a signal.
    ///
    /// # Cancellation
    /// Dropped while it waits, it has written nothing.
    pub fn write(&self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        located(async move {
            self.source
                .write_with(|mut stream| stream.write(bytes))
                .await
        })
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// If the connection fails.
    ///
    /// # Cancellation
    /// Dropped while it waits, it may have written a part.
    pub fn write_all(&self, mut bytes: &[u8]) -> impl Future<Output = io::Result<()>> {
        located(async move {
            while !bytes.is_empty() {
                match self.write(bytes).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    count => bytes = &bytes[count..],
                }
            }
            Ok(())
        })
    }

    /// Closes one direction, or both. After closing the writing side the other end reads the end of the stream,
    /// while this one can go on reading.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let result = self.source.get_ref().shutdown(how);
        self.source.touched();
        result
    }

    /// Reads, and notes the stream as drained when less came than was asked for: the kernel will say when more is
    /// there, so that the read that would find nothing need not be made.
    #[inline]
    #[track_caller]
    fn poll_read_into(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let asked = buffer.len();
        let result = self
            .source
            .poll_read_with(cx, |mut stream| stream.read(buffer));
        if let Poll::Ready(result) = &result {
            self.note_read(result, asked);
        }
        result
    }

    #[inline]
    pub(crate) fn note_read(&self, result: &io::Result<usize>, asked: usize) {
        if let Ok(count) = result
            && *count > 0
            && *count < asked
        {
            self.source.clear_ready(Direction::Read);
        }
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn source(&self) -> &Source<mio::net::TcpStream> {
        &self.source
    }
}

fn no_address() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "the name has no address: check its spelling and the resolver",
    )
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.get_ref().as_fd()
    }
}

impl AsyncRead for &TcpStream {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_into(cx, buffer)
    }

    #[track_caller]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.source
            .poll_read_with(cx, |mut stream| stream.read_vectored(buffers))
    }
}

impl AsyncWrite for &TcpStream {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.source
            .poll_write_with(cx, |mut stream| stream.write(bytes))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.source
            .poll_write_with(cx, |mut stream| stream.write_vectored(buffers))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown(Shutdown::Write))
    }
}

impl AsyncRead for TcpStream {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read(cx, buffer)
    }

    #[track_caller]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read_vectored(cx, buffers)
    }
}

impl AsyncWrite for TcpStream {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(cx, bytes)
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_close(cx)
    }
}
