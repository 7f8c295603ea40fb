//! The pool's connection with one worker: a socket in the loop, and the worker's fate.

use super::call::Reply;
use super::codec;
use super::fate::{Death, Fate};
use super::first::{First, first};
use super::shared::Shared;
use super::wire::FrameReader;
use crate::io::source::Source;
use mio::Interest;
use mio::net::UnixStream;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as BlockingStream;
use std::rc::Rc;

/// A connection. The worker is killed when it is dropped: nobody could give it work any more.
pub(super) struct Connection {
    /// Our end of the worker's socket.
    socket: Source<UnixStream>,
    /// What has become of the worker.
    fate: Rc<Fate>,
}

/// Why a call brought no reply.
pub(super) enum Failure {
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
        let interest = Interest::READABLE | Interest::WRITABLE;
        let socket = Source::new(UnixStream::from_std(ours), interest)?;
        let fate = pool.ask(theirs.as_fd()).await?;
        // Only the worker may have that end: its end is to be seen here.
        drop(theirs);
        let connection = Connection { socket, fate };
        connection.fate.birth().await?;
        Ok(connection)
    }

    /// What has become of the worker.
    pub(super) fn fate(&self) -> &Rc<Fate> {
        &self.fate
    }

    /// Whether the worker can be given a call. One that ended while it was idle shows by its
    /// socket.
    pub(super) fn is_usable(&self) -> bool {
        let probe = self.socket.get_ref().read(&mut [0]);
        matches!(probe, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
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
    pub(super) async fn call(&mut self, frame: &[u8], limit: u64) -> Result<Reply, Failure> {
        let (mut reader, limit) = (FrameReader::default(), codec::reply_limit(limit));
        let exchanged = first(self.exchange(frame, &mut reader, limit), self.fate.death()).await;
        let error = match exchanged {
            First::This(Ok(reply)) => return Ok(reply),
            First::This(Err(error)) => error,
            First::Other(death) => {
                // It may have replied before it ended: take what is in the socket, whatever the
                // loop knows.
                let rest = reader.read(self.socket.get_ref(), limit);
                return rest.ok().flatten().ok_or(Failure::Ended(death));
            }
        };
        // A socket that ends is no proof of a death, though nearly always the first sign of one. A
        // worker that has closed it can do nothing for us; if it died of something else already,
        // killing it changes nothing.
        self.fate.kill();
        let death = self.fate.death().await;
        Err(match error.kind() {
            io::ErrorKind::InvalidData => Failure::Garbled(error),
            _ => Failure::Ended(death),
        })
    }

    /// Sends a frame, then reads one.
    async fn exchange(
        &self,
        frame: &[u8],
        reader: &mut FrameReader,
        limit: u64,
    ) -> io::Result<Reply> {
        let mut rest = frame;
        while !rest.is_empty() {
            let written = self
                .socket
                .write_with(|mut socket| socket.write(rest))
                .await?;
            rest = &rest[written..];
        }
        let reply = self
            .socket
            .read_with(|socket| reader.read(socket, limit))
            .await?;
        reply.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.fate.kill();
    }
}
