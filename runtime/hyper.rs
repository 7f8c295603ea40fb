//! The traits of `hyper::rt` for our sockets, timers and tasks, so that hyper runs on this loop.
//!
//! Thin: a read goes straight into hyper's buffer, and vectored writes stay vectored.

use crate::net::TcpStream;
use crate::time::{Sleep, sleep, sleep_until};
use futures_io::AsyncWrite;
use hyper::rt::ReadBufCursor;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A TCP stream as hyper wants it.
#[derive(Debug)]
pub struct Io(TcpStream);

impl Io {
    /// Wraps a stream.
    pub fn new(stream: TcpStream) -> Self {
        Io(stream)
    }

    /// Returns the stream.
    pub fn get_ref(&self) -> &TcpStream {
        &self.0
    }

    /// Gives the stream back.
    pub fn into_inner(self) -> TcpStream {
        self.0
    }
}

impl hyper::rt::Read for Io {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let asked = buffer.remaining();
        if asked == 0 {
            return Poll::Ready(Ok(()));
        }
        let result = self.0.source().poll_read_with(cx, |stream| {
            crate::sys::hyper_buffer::receive(stream, &mut buffer)
        });
        if let Poll::Ready(result) = &result {
            self.0.note_read(result, asked);
        }
        result.map_ok(drop)
    }
}

impl hyper::rt::Write for Io {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &self.0).poll_write(cx, bytes)
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &self.0).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &self.0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &self.0).poll_close(cx)
    }
}

/// Lets hyper spawn on the loop that runs on this thread. It is `Send` and `Sync`, being empty, and takes futures that
/// are not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + 'static,
    F::Output: 'static,
{
    /// Spawns a detached task.
    ///
    /// # Panics
    /// If no loop runs on this thread.
    fn execute(&self, future: F) {
        drop(crate::spawn(future));
    }
}

/// Lets hyper sleep on the loop that runs on this thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(sleep_until(deadline))
    }
}

impl hyper::rt::Sleep for Sleep {}
impl hyper::rt::Sleep for crate::time::SleepUntil {}
