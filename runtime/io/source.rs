//! A descriptor registered with the loop, tried first and waited for when it is drained.

use crate::event_loop::EventLoop;
use crate::event_loop::context::{NO_LOOP, with_loop, with_running};
use crate::event_loop::event::{Event, WaitsFor, What};
use crate::event_loop::inbox::post_keeping;
use crate::event_loop::reactor::{Direction, SourceKey, WaitNumber};
use crate::event_loop::waits::note;
use mio::Interest;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Something that the loop can wait for, in both directions at once.
///
/// It holds numbers, no pointers into the loop, so that it is `Send` where the descriptor is; but it works only on the
/// thread of the loop it was registered with.
pub(crate) struct Source<S: mio::event::Source> {
    /// The descriptor. `None` only while it is being dropped or taken out.
    io: Option<S>,
    /// The serial number of its runtime.
    runtime: u64,
    key: SourceKey,
}

impl<S: mio::event::Source> Source<S> {
    /// Registers a descriptor with the loop that runs on this thread.
    ///
    /// # Errors
    /// If no loop runs, or the descriptor cannot be polled (a regular file, say).
    pub(crate) fn new(mut io: S, fd: RawFd, interest: Interest) -> io::Result<Self> {
        let registered = with_running(|event_loop| {
            let key = event_loop.reactor.register(&mut io, interest)?;
            let source = key.number();
            event_loop.observe(|| Event::of(What::SourceAdded { source, fd }));
            Ok((event_loop.serial, key))
        });
        let (runtime, key) = registered.unwrap_or_else(|| Err(io::Error::other(NO_LOOP)))?;
        Ok(Source {
            io: Some(io),
            runtime,
            key,
        })
    }

    pub(crate) fn get_ref(&self) -> &S {
        self.io.as_ref().expect("present until the drop")
    }

    /// Tries an operation that reads; on `WouldBlock` waits for the next event, and tries again then.
    #[inline]
    #[track_caller]
    pub(crate) fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        operation: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(Direction::Read, &mut { WaitNumber::POLLED }, cx, operation)
    }

    /// Tries an operation that writes; on `WouldBlock` waits for the next event, and tries again then.
    #[inline]
    #[track_caller]
    pub(crate) fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        operation: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(Direction::Write, &mut { WaitNumber::POLLED }, cx, operation)
    }

    #[inline]
    #[track_caller]
    fn poll_with<R>(
        &self,
        direction: Direction,
        wait: &mut WaitNumber,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let ready =
                self.with_reactor(|reactor, key| reactor.poll_ready(key, direction, wait, cx));
            let Some(ready) = ready else {
                return Poll::Ready(Err(elsewhere()));
            };
            if ready.is_pending() {
                let source = self.key.number();
                note(|_| WaitsFor::Source { source, direction });
                return Poll::Pending;
            }
            match operation(self.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.clear_ready(direction)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    if direction == Direction::Write {
                        self.touched();
                    }
                    return Poll::Ready(result);
                }
            }
        }
    }

    /// Notes that a direction is drained, found out without a `WouldBlock`.
    #[inline]
    pub(crate) fn clear_ready(&self, direction: Direction) {
        self.with_reactor(|reactor, key| reactor.clear_ready(key, direction));
    }

    /// Notes an operation that can make another source of this loop ready.
    #[inline]
    pub(crate) fn touched(&self) {
        self.with_reactor(|reactor, _| reactor.touched());
    }

    #[inline]
    fn with_reactor<R>(
        &self,
        f: impl FnOnce(&crate::event_loop::reactor::Reactor, SourceKey) -> R,
    ) -> Option<R> {
        with_loop(self.runtime, |event_loop| f(&event_loop.reactor, self.key))
    }

    /// As `poll_read_with`, for any number of tasks. Dropped while it waits, it takes its waker out of the reactor.
    pub(crate) fn read_with<R>(
        &self,
        operation: impl FnMut(&S) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        self.wait(Direction::Read, operation)
    }

    /// As `poll_write_with`, for any number of tasks. Dropped while it waits, it takes its waker out of the reactor.
    pub(crate) fn write_with<R>(
        &self,
        operation: impl FnMut(&S) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        self.wait(Direction::Write, operation)
    }

    fn wait<O>(&self, direction: Direction, operation: O) -> Wait<'_, S, O> {
        Wait {
            source: self,
            direction,
            operation,
            wait: WaitNumber::FRESH,
        }
    }

    /// Takes the descriptor out of the loop.
    pub(crate) fn deregister(&mut self) -> Option<S> {
        let mut io = self.io.take()?;
        let here = with_loop(self.runtime, |event_loop| {
            if event_loop.is_forked() {
                // The parent's poll set is shared with this child, and is the parent's.
                return;
            }
            event_loop.reactor.deregister(&mut io, self.key);
            told_gone(event_loop, self.key);
        });
        if here.is_none() {
            // On another thread: closing the descriptor takes it out of the poll; the loop frees the entry.
            let key = self.key;
            post_keeping(self.runtime, move |event_loop| {
                event_loop.reactor.forget(key);
                told_gone(event_loop, key);
            });
        }
        Some(io)
    }
}

/// An operation that waits for one direction of a source.
struct Wait<'a, S: mio::event::Source, O> {
    source: &'a Source<S>,
    direction: Direction,
    operation: O,
    /// How the reactor knows this wait.
    wait: WaitNumber,
}

impl<S: mio::event::Source, O> Unpin for Wait<'_, S, O> {}

impl<S: mio::event::Source, R, O> Future for Wait<'_, S, O>
where
    O: FnMut(&S) -> io::Result<R>,
{
    type Output = io::Result<R>;

    #[inline]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let this = self.get_mut();
        let (source, direction) = (this.source, this.direction);
        source.poll_with(direction, &mut this.wait, cx, &mut this.operation)
    }
}

impl<S: mio::event::Source, O> Drop for Wait<'_, S, O> {
    fn drop(&mut self) {
        if self.wait != WaitNumber::FRESH {
            self.source
                .with_reactor(|reactor, key| reactor.stop_waiting(key, self.direction, self.wait));
        }
    }
}

fn told_gone(event_loop: &EventLoop, key: SourceKey) {
    let source = key.number();
    event_loop.observe(|| Event::of(What::SourceDropped { source }));
}

fn elsewhere() -> io::Error {
    io::Error::other(
        "a socket was used outside of its runtime, which has ended or lives on another thread: use it where it was made",
    )
}

impl<S: mio::event::Source> Drop for Source<S> {
    fn drop(&mut self) {
        drop(self.deregister());
    }
}

impl<S: mio::event::Source + fmt::Debug> fmt::Debug for Source<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
