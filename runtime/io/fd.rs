//! Any pollable descriptor: pipes, sockets of other crates, pidfds, eventfds.

use super::source::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::task::{Context, Poll};

/// A descriptor that the loop waits for. It must be in non-blocking mode.
///
/// # Examples
/// ```
/// use roundelay::io::AsyncFd;
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// # fn main() -> std::io::Result<()> {
/// roundelay::run(async {
///     let (mut near, far) = UnixStream::pair()?;
///     far.set_nonblocking(true)?;
///     let far = AsyncFd::new(far)?;
///     near.write_all(b"hello")?;
///     let mut bytes = [0; 5];
///     far.read_with(|mut socket| socket.read(&mut bytes)).await?;
///     assert_eq!(&bytes, b"hello");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "add_reader")]
#[doc(alias = "add_writer")]
#[derive(Debug)]
pub struct AsyncFd<T: AsFd> {
    source: Source<Pollable<T>>,
}

#[derive(Debug)]
struct Pollable<T>(T);

impl<T: AsFd> mio::event::Source for Pollable<T> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_fd().as_raw_fd()).deregister(registry)
    }
}

impl<T: AsFd> AsyncFd<T> {
    /// Registers a descriptor with the loop that runs on this thread, for both directions.
    ///
    /// # Errors
    /// If no loop runs, or the descriptor cannot be polled: a regular file cannot.
    pub fn new(fd: T) -> io::Result<Self> {
        Self::with_interest(fd, Interest::READABLE | Interest::WRITABLE)
    }

    /// Registers a descriptor for reading only, as needed for one end of a pipe.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    pub fn reader(fd: T) -> io::Result<Self> {
        Self::with_interest(fd, Interest::READABLE)
    }

    /// Registers a descriptor for writing only.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    pub fn writer(fd: T) -> io::Result<Self> {
        Self::with_interest(fd, Interest::WRITABLE)
    }

    fn with_interest(fd: T, interest: Interest) -> io::Result<Self> {
        let raw = fd.as_fd().as_raw_fd();
        Ok(AsyncFd {
            source: Source::new(Pollable(fd), raw, interest)?,
        })
    }

    /// Returns the descriptor.
    pub fn get_ref(&self) -> &T {
        &self.source.get_ref().0
    }

    /// Takes the descriptor out of the loop.
    pub fn into_inner(mut self) -> T {
        self.source.deregister().expect("present until taken").0
    }

    /// Tries an operation that reads, now and again when the descriptor becomes readable, until it does not give
    /// `WouldBlock`.
    ///
    /// # Errors
    /// Those of the operation.
    ///
    /// # Cancellation
    /// Dropped while it waits, it has done nothing.
    pub fn read_with<R>(
        &self,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        self.source.read_with(move |fd| operation(&fd.0))
    }

    /// Tries an operation that writes, now and again when the descriptor becomes writable, until it does not give
    /// `WouldBlock`.
    ///
    /// # Errors
    /// Those of the operation.
    ///
    /// # Cancellation
    /// Dropped while it waits, it has done nothing.
    pub fn write_with<R>(
        &self,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        self.source.write_with(move |fd| operation(&fd.0))
    }

    /// As [`read_with`](AsyncFd::read_with), for hand-written futures.
    #[track_caller]
    pub fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.source.poll_read_with(cx, |fd| operation(&fd.0))
    }

    /// As [`write_with`](AsyncFd::write_with), for hand-written futures.
    #[track_caller]
    pub fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.source.poll_write_with(cx, |fd| operation(&fd.0))
    }
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}
