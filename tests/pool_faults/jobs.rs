//! The kinds of jobs: what each does to its process, and what it is expected to end with.

use roundelay::pool::process::{CallBuilder, Payload};
use roundelay::{PoolError, ProcessPool};
use serde::de::{Deserializer, Error};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use std::os::unix::process::ExitStatusExt;
use std::process;
use std::time::Duration;

/// The most bytes of a message, in the pools of these tests.
pub const MESSAGE_LIMIT: u64 = 1 << 20;
/// How much memory a call that fills memory may take beside what any worker has.
const MEMORY: u64 = 32 << 20;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    Finish,
    Spin,
    Abort,
    Fault,
    Exit,
    Fill,
    HugeResult,
    BadResult,
    PanicWhileEncoding,
    Panic,
}

pub const KINDS: [Kind; 10] = [
    Kind::Finish,
    Kind::Spin,
    Kind::Abort,
    Kind::Fault,
    Kind::Exit,
    Kind::Fill,
    Kind::HugeResult,
    Kind::BadResult,
    Kind::PanicWhileEncoding,
    Kind::Panic,
];

/// What a job returns.
#[derive(Debug)]
pub enum Outcome {
    Number(u64),
    Huge,
    Undecodable,
    PanicsWhenEncoded,
}

/// Numbers that stand for the outcomes on the wire.
const NUMBER: u8 = 0;
const HUGE: u8 = 1;
const UNDECODABLE: u8 = 2;

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Outcome::Number(number) => (NUMBER, *number, Vec::<u8>::new()).serialize(serializer),
            Outcome::Huge => {
                let too_much = vec![1u8; MESSAGE_LIMIT as usize + 1];
                (HUGE, 0u64, too_much).serialize(serializer)
            }
            Outcome::Undecodable => (UNDECODABLE, 0u64, Vec::<u8>::new()).serialize(serializer),
            Outcome::PanicsWhenEncoded => panic!("this is not to be encoded"),
        }
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
        match <(u8, u64, Vec<u8>)>::deserialize(deserializer)? {
            (NUMBER, number, _) => Ok(Outcome::Number(number)),
            (other, ..) => Err(D::Error::custom(format!(
                "no outcome has the number {other}"
            ))),
        }
    }
}

/// In the worker.
fn act((kind, number, micros): (Kind, u64, u64)) -> Outcome {
    std::thread::sleep(Duration::from_micros(micros));
    match kind {
        Kind::Finish => Outcome::Number(number * 2),
        Kind::Spin => loop {
            std::hint::spin_loop();
        },
        Kind::Abort => process::abort(),
        Kind::Fault => fault(),
        Kind::Exit => process::exit(3),
        Kind::Fill => fill(),
        Kind::HugeResult => Outcome::Huge,
        Kind::BadResult => Outcome::Undecodable,
        Kind::PanicWhileEncoding => Outcome::PanicsWhenEncoded,
        Kind::Panic => panic!("no luck with {number}"),
    }
}

#[allow(unsafe_code, reason = "that is how one gets the signal")]
fn fault() -> ! {
    // A sanitizer has a handler for it, which tells more than anybody wants to know.
    // SAFETY: the default action is no code of ours; then the process dies, on purpose.
    unsafe {
        libc::signal(libc::SIGSEGV, libc::SIG_DFL);
        std::ptr::read_volatile(std::ptr::without_provenance::<u8>(8));
    }
    unreachable!("a page that is not there was read")
}

/// Fills memory far beyond the limit, a little at a time, and waits there to be found.
fn fill() -> Outcome {
    let mut all = Vec::new();
    for _ in 0..4 * (MEMORY >> 20) {
        all.push(vec![1u8; 1 << 20]);
    }
    loop {
        std::hint::black_box(&all);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How many bytes of memory the worker holds that runs this.
pub fn resident((): ()) -> u64 {
    let line = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = line.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// The call of a job of this kind, which begins with a sleep; `usual` is the memory of a worker.
pub fn call(
    pool: &ProcessPool,
    kind: Kind,
    number: u64,
    micros: u64,
    usual: u64,
) -> CallBuilder<'_, (Kind, u64, u64), Outcome> {
    let call = pool
        .call(act, (kind, number, micros))
        .label(format!("{kind:?} {number}"));
    if kind == Kind::Fill {
        call.max_rss(usual + MEMORY)
    } else {
        call
    }
}

/// Whether this is what a job of this kind is to end with if nobody disturbs it.
pub fn is_its_own_end(kind: Kind, number: u64, end: &Result<Outcome, PoolError>) -> bool {
    let signal = |error: &PoolError| match error {
        PoolError::WorkerDied {
            status: Some(status),
            ..
        } => (status.signal(), status.code()),
        _ => (None, None),
    };
    match (kind, end) {
        (Kind::Finish, Ok(Outcome::Number(result))) => *result == number * 2,
        (Kind::Abort, Err(error)) => signal(error).0 == Some(libc::SIGABRT),
        (Kind::Fault, Err(error)) => signal(error).0 == Some(libc::SIGSEGV),
        (Kind::Exit, Err(error)) => signal(error).1 == Some(3),
        (Kind::Fill, Err(error)) => matches!(error, PoolError::MemoryLimit { .. }),
        (Kind::HugeResult, Err(PoolError::TooLarge { what, .. })) => *what == Payload::Result,
        (Kind::BadResult, Err(PoolError::Decode { what, reason, .. })) => {
            *what == Payload::Result && !reason.is_empty()
        }
        (Kind::PanicWhileEncoding, Err(PoolError::Panicked { message, .. })) => {
            message == "this is not to be encoded"
        }
        (Kind::Panic, Err(PoolError::Panicked { message, .. })) => {
            *message == format!("no luck with {number}")
        }
        _ => false,
    }
}

/// Whether this is what any job ends with whose worker, or zygote, was killed from outside.
pub fn is_a_kill(end: &Result<Outcome, PoolError>) -> bool {
    match end {
        Err(PoolError::WorkerDied { status, .. }) => {
            status.is_none_or(|status| status.signal() == Some(libc::SIGKILL))
        }
        _ => false,
    }
}
