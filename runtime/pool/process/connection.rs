//! The pool's connection with one worker: a socket in the loop, and the worker's fate.

use super::arena::Arena;
use super::call::Reply;
use super::codec;
use super::fate::{Death, Fate};
use super::first::{First, first};
use super::shared::Shared;
use super::spare;
use super::wire::{self, Frame, FrameReader, Kind};
use crate::event_loop::reactor::Direction;
use crate::io::AsyncFd;
use crate::io::source::Source;
use crate::sys::packet;
use mio::Interest;
use mio::net::UnixStream;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream as BlockingStream;
use std::rc::Rc;

/// A connection. The worker is killed when it is dropped: nobody could give it work any more.
pub(super) struct Connection {
    /// Our end of the worker's socket.
    socket: Source<UnixStream>,
    /// What has become of the worker.
    fate: Rc<Fate>,
    /// What has come from the worker and is no whole reply yet.
    reader: FrameReader,
    /// The number of the last call.
    number: u32,
    /// The memory shared with the worker; none before a large payload is met, or if there is none to
    /// be had.
    arena: Option<Arena>,
    /// The most bytes a payload may have.
    limit: u64,
}

/// Why a call brought no reply.
pub(super) enum Failure {
    /// The worker ended before it had the whole call: the call was not begun.
    NotBegun(Death),
    /// The worker ended.
    Ended(Death),
    /// The worker sent something that is no reply, and was killed for it.
    Garbled(io::Error),
}

impl Connection {
    /// Has a worker forked and connects with it.
    pub(super) async fn open(pool: &Shared) -> io::Result<Connection> {
        let (ours, theirs) = BlockingStream::pair()?;
        ours.set_nonblocking(true)?;
        if let window @ 1.. = pool.busy.window() {
            // It waits in the socket for the worker to be born.
            (&ours).write_all(&Frame::new(Kind::BusyPoll).number(window).seal())?;
        }
        // Not for writing: that would wake the loop each time a worker has taken a call.
        let fd = ours.as_raw_fd();
        let socket = Source::new(UnixStream::from_std(ours), fd, Interest::READABLE)?;
        let fate = pool.ask(theirs.as_fd()).await?;
        // Only the worker may have that end: its end is to be seen here.
        drop(theirs);
        let connection = Connection {
            socket,
            fate,
            reader: FrameReader::default(),
            number: 0,
            arena: None,
            limit: pool.limit,
        };
        connection.fate.birth().await?;
        Ok(connection)
    }

    /// What has become of the worker.
    pub(super) fn fate(&self) -> &Rc<Fate> {
        &self.fate
    }

    /// Whether a large payload has left memory behind that the worker holds; see
    /// [`shrink`](Connection::shrink).
    pub(super) fn is_swollen(&self) -> bool {
        self.arena.as_ref().is_some_and(Arena::is_swollen)
    }

    /// Gives back what large payloads have left behind.
    pub(super) fn shrink(&mut self) {
        spare::free();
        if let Some(arena) = &mut self.arena {
            arena.shrink();
        }
    }

    /// Tells the worker that no call will come: it then ends by itself.
    pub(super) fn end_calls(&self) {
        // An error says that the worker is gone.
        let _ = self.socket.get_ref().shutdown(Shutdown::Write);
    }

    /// Waits until the worker sends anything more, or its socket ends.
    pub(super) async fn wait_for_word(&self) {
        let probe = |mut socket: &UnixStream| socket.read(&mut [0]);
        // What is read is lost: the worker is given up.
        let _ = self.socket.read_with(probe).await;
    }

    /// Sends a call and waits for its reply, or for the worker's end.
    ///
    /// # Cancellation
    /// Cannot be continued: the connection must be dropped then.
    pub(super) async fn call(&mut self, frame: &mut Vec<u8>) -> Result<Reply, Failure> {
        let fate = self.fate.clone();
        let exchanged = first(self.exchange(frame), fate.death()).await;
        let error = match exchanged {
            First::This(Ok(reply)) => return Ok(reply),
            First::This(Err(error)) => error,
            First::Other(death) => {
                // It may have replied before it ended: take what is in the socket, whatever the
                // loop knows.
                return self.last_words().ok_or(Failure::Ended(death));
            }
        };
        // A socket that ends is no proof of a death, though nearly always the first sign of one. A
        // worker that has closed it can do nothing for us; if it died of something else already,
        // killing it changes nothing.
        self.fate.kill();
        let death = self.fate.death().await;
        Err(match error.kind() {
            io::ErrorKind::InvalidData => Failure::Garbled(error),
            // Nobody could take the call (a broken pipe), or not all of it was taken (a reset).
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Failure::NotBegun(death),
            _ => Failure::Ended(death),
        })
    }

    /// Sends a call, then reads its reply.
    async fn exchange(&mut self, frame: &mut Vec<u8>) -> io::Result<Reply> {
        self.number = self.number.wrapping_add(1);
        let parted = self.put_into_arena(frame);
        let sent = parted.as_ref().unwrap_or(frame);
        self.send(sent).await?;
        let (reader, limit) = (&mut self.reader, codec::reply_limit(self.limit));
        let read = self
            .socket
            .read_with(|socket| reader.read(socket, limit))
            .await?;
        if self.reader.is_drained() {
            // Saves the read that would find that out.
            self.socket.clear_ready(Direction::Read);
        }
        let (kind, reply) = read.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.reply(kind, reply)
    }

    /// Checks a reply, and takes its content out of the arena if it is there.
    fn reply(&mut self, kind: Kind, reply: Vec<u8>) -> io::Result<Reply> {
        if wire::number(&reply) != self.number || self.reader.has_rest() {
            return Err(garbled("a reply to another call"));
        }
        match kind {
            Kind::ValueInArena => {}
            _ if kind.is_reply() => return Ok((kind, reply)),
            _ => return Err(garbled("a frame that is no reply")),
        }
        let (Some((_, length)), Some(arena)) = (wire::tail(&reply), &mut self.arena) else {
            return Err(garbled("a reply without its content"));
        };
        if length > self.limit {
            return Err(garbled("a length above the limit"));
        }
        let mut whole = Frame::value_of(length)?;
        arena.read(wire::content_mut(&mut whole))?;
        Ok((Kind::Value, whole))
    }

    /// The reply of a worker that has ended, if it had sent one.
    fn last_words(&mut self) -> Option<Reply> {
        let limit = codec::reply_limit(self.limit);
        let (kind, reply) = self.reader.read(self.socket.get_ref(), limit).ok()??;
        self.reply(kind, reply).ok()
    }

    /// Writes a large argument into the arena, and gives the frame that says so. None if the frame
    /// is to go as it is; it has its number then.
    fn put_into_arena(&mut self, frame: &mut [u8]) -> Option<Vec<u8>> {
        wire::set_number(frame, self.number);
        let (mut parted, argument) = codec::part(frame)?;
        if self.arena.is_none() {
            self.arena = self.send_arena().ok();
        }
        // Whatever keeps it from being written, the socket is always there.
        self.arena.as_mut()?.write(argument).ok()?;
        wire::set_number(&mut parted, self.number);
        Some(parted)
    }

    /// Makes an arena and sends it to the worker.
    fn send_arena(&self) -> io::Result<Arena> {
        let arena = Arena::new(self.limit)?;
        let frame = Frame::new(Kind::Arena).number(arena.half()).seal();
        // The worker has read all before, so there is room for so short a frame.
        packet::send(self.socket.get_ref().as_fd(), &frame, &[arena.as_fd()])?;
        Ok(arena)
    }

    /// Sends a frame. Nearly always the socket takes it at once; only where it does not, the loop is
    /// asked to wait for that.
    async fn send(&self, frame: &[u8]) -> io::Result<()> {
        let mut socket = self.socket.get_ref();
        let written = match socket.write(frame) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            other => other?,
        };
        if written == frame.len() {
            return Ok(());
        }
        let (mut rest, copy) = (&frame[written..], socket.as_fd().try_clone_to_owned()?);
        let writer = AsyncFd::writer(BlockingStream::from(copy))?;
        while !rest.is_empty() {
            let write = writer.write_with(|mut socket| socket.write(rest));
            rest = &rest[write.await?..];
        }
        Ok(())
    }
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.fate.kill();
    }
}
