//! The life of a worker: read a call, run it, reply, until the socket ends.

use super::codec;
use super::control::{self, WorkerId};
use super::preparation::Preparation;
use super::wire::{self, FrameReader, Kind};
use crate::sys::itself;
use std::any::Any;
use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process;
use std::thread::{self, ThreadId};

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
fn serve(mut socket: UnixStream, limit: u64) -> io::Result<()> {
    let mut reader = FrameReader::default();
    while let Some((kind, frame)) = reader.read(&socket, codec::call_limit(limit))? {
        if kind != Kind::Call {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame that is not a call",
            ));
        }
        let reply = answer(wire::content(&frame), limit);
        drop(frame);
        // What the call printed is out before its result is known. A closed stdout is not the
        // call's fault.
        let _ = io::stdout().flush();
        socket.write_all(&reply)?;
    }
    Ok(())
}

/// Runs a call; a panic becomes the reply.
fn answer(call: &[u8], limit: u64) -> Vec<u8> {
    let reply = catch(|| codec::run(call, limit));
    reply.unwrap_or_else(|(message, location)| codec::panicked(&message, &location))
}

/// Runs code of a call's; from a panic comes what it said, and where it was.
pub(super) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, (String, String)> {
    // A panic that a call caught itself may have left its place here.
    PANICKED_AT.take();
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let location = PANICKED_AT.take().unwrap_or_default();
        let message = message_of(&*payload).to_owned();
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

fn message_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic whose payload is not text"
    }
}
