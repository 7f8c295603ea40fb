//! The words between a pool and its zygote: packets of three numbers, some with descriptors, and two
//! packets of text.

use crate::sys::packet;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Bytes of a packet: what it is about, and two numbers.
const SIZE: usize = 24;
/// Bytes of a packet that carries text: the word, and the text.
const LONGEST: usize = 1024;

const FORK: u64 = 1;
const BORN: u64 = 2;
const NOT_BORN: u64 = 3;
const ENDED: u64 = 4;
const UNPREPARED: u64 = 5;
const PREPARE: u64 = 6;

/// The name a pool gives to a worker; never used again, unlike a process number.
pub(super) type WorkerId = u64;

/// What passes over the control socket. A descriptor is missing if the receiver could open no more.
#[derive(Debug)]
pub(super) enum Message {
    /// Pool to zygote, first of all: what is to be done before a worker is forked, encoded.
    Prepare { preparation: Vec<u8> },
    /// Zygote to pool: that failed, for this reason; no worker will be born.
    Unprepared { reason: String },
    /// Pool to zygote: fork a worker that serves the first descriptor, a socket, writes its errors
    /// to the second, if there is to be one, and takes arguments of up to `limit` bytes.
    Fork {
        worker: WorkerId,
        limit: u64,
        descriptors: Vec<OwnedFd>,
    },
    /// Zygote to pool: the worker lives, under this process number; `descriptor` is its pidfd.
    Born {
        worker: WorkerId,
        pid: u32,
        descriptor: Option<OwnedFd>,
    },
    /// Zygote to pool: there is no such worker; `error` is the number of the error.
    NotBorn { worker: WorkerId, error: i32 },
    /// Zygote to pool: the worker has ended and is reaped; `status` as wait(2) gives it.
    Ended { worker: WorkerId, status: i32 },
}

/// Sends "prepare".
pub(super) fn send_prepare(control: BorrowedFd<'_>, preparation: &[u8]) -> io::Result<()> {
    packet::send(
        control,
        &[&PREPARE.to_le_bytes(), preparation].concat(),
        &[],
    )
}

/// Sends "unprepared"; what is too long of the reason is left out.
pub(super) fn send_unprepared(control: BorrowedFd<'_>, reason: &str) -> io::Result<()> {
    let reason = &reason[..reason.floor_char_boundary(LONGEST - 8)];
    // Padded, so that it is no shorter than the others.
    let reason = format!("{reason:16}");
    packet::send(
        control,
        &[&UNPREPARED.to_le_bytes(), reason.as_bytes()].concat(),
        &[],
    )
}

/// Sends "fork"; the pool keeps its own ends of what the worker gets.
pub(super) fn send_fork(
    control: BorrowedFd<'_>,
    worker: WorkerId,
    limit: u64,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    packet::send(control, &pack([FORK, worker, limit]), descriptors)
}

/// Sends "born"; the zygote keeps its own copy of the pidfd.
pub(super) fn send_born(
    control: BorrowedFd<'_>,
    worker: WorkerId,
    pid: u32,
    descriptor: BorrowedFd<'_>,
) -> io::Result<()> {
    packet::send(control, &pack([BORN, worker, pid.into()]), &[descriptor])
}

/// Sends "not born".
pub(super) fn send_not_born(
    control: BorrowedFd<'_>,
    worker: WorkerId,
    error: &io::Error,
) -> io::Result<()> {
    packet::send(
        control,
        &pack([NOT_BORN, worker, error.raw_os_error().unwrap_or(0) as u64]),
        &[],
    )
}

/// Sends "ended".
pub(super) fn send_ended(control: BorrowedFd<'_>, worker: WorkerId, status: i32) -> io::Result<()> {
    packet::send(control, &pack([ENDED, worker, status as u64]), &[])
}

/// Receives the next message; nothing when the other side is gone.
pub(super) fn receive(control: BorrowedFd<'_>) -> io::Result<Option<Message>> {
    let mut bytes = [0; LONGEST];
    let (length, mut descriptors) = packet::receive(control, &mut bytes)?;
    if length == 0 {
        return Ok(None);
    }
    let number =
        |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("a slice of 8 bytes"));
    let (word, worker, value) = (number(0), number(8), number(16));
    Ok(Some(match word {
        PREPARE => Message::Prepare {
            preparation: bytes[8..length].to_vec(),
        },
        UNPREPARED => Message::Unprepared {
            reason: String::from_utf8_lossy(&bytes[8..length])
                .trim_end()
                .to_owned(),
        },
        FORK => Message::Fork {
            worker,
            limit: value,
            descriptors,
        },
        BORN => Message::Born {
            worker,
            pid: value as u32,
            descriptor: descriptors.pop(),
        },
        NOT_BORN => Message::NotBorn {
            worker,
            error: value as i32,
        },
        ENDED => Message::Ended {
            worker,
            status: value as i32,
        },
        _ => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an unknown word",
            ));
        }
    }))
}

/// The error of a message whose descriptor is missing.
pub(super) fn no_descriptor() -> io::Error {
    io::Error::from_raw_os_error(libc::EMFILE)
}

/// Whether an error says that the other side has ended. What it had not read then makes the
/// difference between a mere end and this.
pub(super) fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

fn pack(numbers: [u64; 3]) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    bytes
}
