//! A worker's standard error: passed on to the program's, and its last piece kept for the error of a
//! call that dies.
//!
//! The worker has a pipe as its standard error, and a task of the loop reads it. Whoever needs the
//! last words of a worker that has ended takes what is left in the pipe first: nothing is lost. The
//! end of the pipe is waited for by nobody, since a child of the worker may hold it open.

use super::busy::Busy;
use super::fate::Fate;
use super::first::{First, first};
use crate::io::source::Source;
use crate::sys::fork_guard;
use mio::Interest;
use mio::unix::pipe::Receiver;
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

/// How many bytes are kept: enough for a panic with its backtrace.
const KEPT: usize = 16 * 1024;
/// How many bytes are read at once.
const CHUNK: usize = 4 * 1024;
/// How many bytes a pipe holds, as Linux makes it.
const PIPE: usize = 64 * 1024;

/// What a worker writes to standard error.
pub(super) struct LastWords {
    /// Our end of the pipe.
    pipe: Source<Receiver>,
    /// The last bytes that were read, at most `KEPT`; emptied when a call begins.
    kept: RefCell<Vec<u8>>,
    /// The process that reads the pipe. A child forked from it has a copy of us and must not.
    owner: fork_guard::Process,
}

impl LastWords {
    /// Makes the pipe: our end, and the worker's.
    pub(super) fn pair() -> io::Result<(Rc<LastWords>, OwnedFd)> {
        let (ours, theirs) = io::pipe()?;
        let ours = Receiver::from(OwnedFd::from(ours));
        ours.set_nonblocking(true)?;
        let fd = ours.as_raw_fd();
        let words = LastWords {
            pipe: Source::new(ours, fd, Interest::READABLE)?,
            kept: RefCell::default(),
            owner: fork_guard::Process::current(),
        };
        Ok((Rc::new(words), theirs.into()))
    }

    /// Reads for as long as the worker lives, and then what is left.
    pub(super) async fn listen(&self, fate: &Fate, busy: &Busy) {
        let reading = async {
            loop {
                // An idle pool must not look like a wait for something real.
                busy.is(true).await;
                let read = self.pipe.read_with(|pipe| self.read_once(pipe));
                match first(read, busy.is(false)).await {
                    First::This(Ok(0) | Err(_)) => return,
                    First::This(Ok(_)) | First::Other(()) => {}
                }
                if busy.is_over() {
                    return;
                }
            }
        };
        first(reading, fate.end()).await;
        self.drain();
    }

    /// Forgets what was kept: a call begins.
    pub(super) fn forget(&self) {
        self.kept.borrow_mut().clear();
    }

    /// The last of what the worker wrote since the call began, to the last byte that is in the pipe.
    pub(super) fn tail(&self) -> String {
        self.drain();
        let kept = self.kept.borrow();
        String::from_utf8_lossy(&kept).trim_end().to_owned()
    }

    /// Reads what is in the pipe, and not more than one pipe holds: a child of the worker may go on
    /// writing.
    fn drain(&self) {
        let mut left = PIPE;
        while left > 0 {
            match self.read_once(self.pipe.get_ref()) {
                Ok(0) => return,
                Ok(length) => left = left.saturating_sub(length),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Reads once, passes it on and keeps the end of it.
    fn read_once(&self, mut pipe: &Receiver) -> io::Result<usize> {
        let mut buffer = [0; CHUNK];
        let length = pipe.read(&mut buffer)?;
        let words = &buffer[..length];
        // Where the program's own errors cannot be read, the worker's cannot either.
        let _ = io::stderr().write_all(words);
        let mut kept = self.kept.borrow_mut();
        kept.extend_from_slice(words);
        let too_many = kept.len().saturating_sub(KEPT);
        kept.drain(..too_many);
        Ok(length)
    }
}

impl Drop for LastWords {
    fn drop(&mut self) {
        if self.owner.is_current() {
            self.drain();
        }
    }
}
