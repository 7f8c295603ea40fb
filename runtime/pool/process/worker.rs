//! The life of a worker: read a call, run it, reply, until the socket ends.

use super::arena;
use super::codec;
use super::control::{self, WorkerId};
use super::desk;
use super::half::Half;
use super::preparation::Preparation;
use super::spare;
use super::wire::{self, FrameReader, Kind};
use crate::error::panic_message;
use crate::sys::child::wait_readable;
use crate::sys::itself;
use crate::sys::packet;
use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

thread_local! {
    /// Where this thread's last panic was; written by the hook, taken by the call that caught it.
    static PANICKED_AT: Cell<Option<String>> = const { Cell::new(None) };
}

/// Lives as a worker. `zygote` is the parent that must be there.
pub(super) fn live(
    zygote: u32,
    id: WorkerId,
    socket: OwnedFd,
    limit: u64,
    preparation: &Preparation,
) -> Infallible {
    let ended =
        begin(zygote, &socket, preparation).and_then(|()| serve(UnixStream::from(socket), limit));
    match ended {
        Err(error) if !control::is_end(&error) => {
            eprintln!(
                "roundelay: worker {id} (process {}) ends: {error}",
                process::id()
            );
            process::exit(1);
        }
        _ => process::exit(0),
    }
}

/// A worker's first acts.
fn begin(zygote: u32, socket: &OwnedFd, preparation: &Preparation) -> io::Result<()> {
    // First of all, so that no moment is left in which the zygote could end and the worker stay.
    if !itself::die_with_parent(zygote)? {
        process::exit(0);
    }
    // The control socket above all: while a worker has a copy, its end is not seen.
    itself::keep_only(socket.as_fd())?;
    preparation.apply()?;
    catch_panics_quietly();
    Ok(())
}

/// Answers calls until the pool closes the socket.
fn serve(socket: UnixStream, limit: u64) -> io::Result<()> {
    let mut ear = Ear::new(&socket);
    let mut arguments = None;
    let mut reader = FrameReader::default();
    while let Some((kind, frame)) = reader.read(&mut ear, codec::call_limit(limit))? {
        let mut reply = match kind {
            Kind::Call => answer(wire::content(&frame), None, limit),
            Kind::CallInArena => answer_from(arguments.as_mut(), &frame, limit)?,
            Kind::Arena => {
                let (_, half) = wire::tail(&frame).ok_or_else(nonsense)?;
                let memory = ear.descriptor.take().ok_or_else(control::no_descriptor)?;
                arguments = Some(desk::set_up(memory, half));
                continue;
            }
            Kind::BusyPoll => {
                let (_, window) = wire::tail(&frame).ok_or_else(nonsense)?;
                ear.busy_poll = Duration::from_nanos(window);
                continue;
            }
            _ => return Err(nonsense()),
        };
        wire::set_number(&mut reply, wire::number(&frame));
        drop(frame);
        // What the call printed is out before its result is known. A closed stdout is not the
        // call's fault.
        let _ = io::stdout().flush();
        (&socket).write_all(&reply)?;
    }
    Ok(())
}

/// Runs a call whose argument is in the arena.
fn answer_from(arguments: Option<&mut Half>, frame: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let (code, length) = wire::tail(frame).ok_or_else(nonsense)?;
    let arguments = arguments.ok_or_else(nonsense)?;
    if length > limit {
        return Err(nonsense());
    }
    Ok(match arguments.bytes(length) {
        Ok(argument) => answer(code, Some(argument), limit),
        Err(error) => codec::no_argument(&error),
    })
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame that is not a call")
}

/// A worker's end of its socket, as it reads from it.
struct Ear<'a> {
    /// The socket.
    socket: &'a UnixStream,
    /// The descriptor that came last; empty when it was taken.
    descriptor: Option<OwnedFd>,
    /// For how long to try before sleeping; zero unless the pool's builder says otherwise.
    busy_poll: Duration,
}

impl Ear<'_> {
    fn new(socket: &UnixStream) -> Ear<'_> {
        Ear {
            socket,
            descriptor: None,
            busy_poll: Duration::ZERO,
        }
    }

    /// Receives, and tries for a while before it sleeps. Idle for long after a large payload, it
    /// frees what it has kept of that.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        if !self.busy_poll.is_zero() {
            let begun = Instant::now();
            while begun.elapsed() < self.busy_poll {
                match packet::try_receive(self.socket.as_fd(), buffer) {
                    // Whoever is to send something may be waiting for this core.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                    other => return other,
                }
            }
        }
        if spare::are_wanted() && !wait_readable(&[self.socket.as_fd()], Some(arena::IDLE))?[0] {
            spare::free();
        }
        packet::receive(self.socket.as_fd(), buffer)
    }
}

impl Read for Ear<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (length, mut descriptors) = self.receive(buffer)?;
        if let Some(descriptor) = descriptors.pop() {
            self.descriptor = Some(descriptor);
        }
        Ok(length)
    }
}

/// Runs a call; a panic becomes the reply.
fn answer(call: &[u8], elsewhere: Option<&[u8]>, limit: u64) -> Vec<u8> {
    let reply = catch(|| codec::run(call, elsewhere, limit));
    reply.unwrap_or_else(|(message, location)| codec::panicked(&message, &location))
}

/// Runs code of a call's; from a panic comes what it said, and where it was.
pub(super) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, (String, String)> {
    // A panic that a call caught itself may have left its place here.
    PANICKED_AT.take();
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let location = PANICKED_AT.take().unwrap_or_default();
        let message = panic_message(&*payload);
        // The payload is a value of the call's, its drop may panic in turn.
        crate::pool::panic::forget(payload);
        (message, location)
    })
}

/// Has a call's panic noted instead of printed: the pool's user gets it as an error.
///
/// Threads that a call starts keep the hook that was there, as does a program that aborts on panic:
/// nobody else would tell.
fn catch_panics_quietly() {
    let before = panic::take_hook();
    let calls: ThreadId = thread::current().id();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if cfg!(panic = "abort") || thread::current().id() != calls {
            return before(info);
        }
        PANICKED_AT.set(info.location().map(ToString::to_string));
    }));
}
