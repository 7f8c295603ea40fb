//! A call on its way: encoded by the pool, run by the worker, its reply decoded by the pool.
//!
//! All that knows the types of a call is here. [`runner`] is made once for each pair of types; its
//! place in the executable travels beside that of the function, so a worker needs no table of
//! functions.

use super::arena::LARGE;
use super::desk;
use super::wire::{self, Frame, Kind, NotEncoded, TEXT_LIMIT};
use super::worker;
use crate::pool::error::{Payload, PoolError};
use crate::sys::code::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::panic::Location;

/// The frame of a call, or the error that keeps it from being sent.
pub(super) fn encode<A, R>(
    function: fn(A) -> R,
    argument: &A,
    limit: u64,
    submitted: &'static Location<'static>,
) -> Result<Vec<u8>, PoolError>
where
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    frame_of(Code::of(runner, function), argument, limit, submitted)
}

/// The same for a call that runs the function on each of a chunk's items.
pub(super) fn encode_chunk<A, R>(
    function: fn(A) -> R,
    items: &Vec<A>,
    limit: u64,
    submitted: &'static Location<'static>,
) -> Result<Vec<u8>, PoolError>
where
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    frame_of(Code::of(chunk_runner, function), items, limit, submitted)
}

/// The frame of a call whose runner and function are at these places.
fn frame_of<A: Serialize>(
    code: Option<Code>,
    argument: &A,
    limit: u64,
    submitted: &'static Location<'static>,
) -> Result<Vec<u8>, PoolError> {
    let code = code.ok_or(PoolError::OutsideProgram { submitted })?;
    let what = Payload::Argument;
    match Frame::new(Kind::Call)
        .bytes(&code.to_bytes())
        .value(argument, limit)
    {
        Ok(frame) => Ok(frame.seal()),
        Err(NotEncoded::TooLarge) => Err(PoolError::TooLarge {
            what,
            limit,
            submitted,
        }),
        Err(error) => Err(PoolError::Encode {
            what,
            reason: error.to_string(),
            submitted,
        }),
    }
}

/// In the worker: runs the call of a frame's content, gives the frame of the reply. The argument is
/// the rest of the content, or lies elsewhere.
pub(super) fn run(call: &[u8], elsewhere: Option<&[u8]>, limit: u64) -> Vec<u8> {
    let Some((code, argument)) = call.split_first_chunk() else {
        return text(Kind::BadArgument, "the call is cut short");
    };
    let argument = elsewhere.unwrap_or(argument);
    let reply = Code::from_bytes(*code).run(argument, limit);
    reply.unwrap_or_else(|| text(Kind::BadArgument, "the function is not in this program"))
}

/// In the worker: the piece of generic code that knows a function's types.
fn runner<A, R>(function: fn(A) -> R, argument: &[u8], limit: u64) -> Vec<u8>
where
    A: DeserializeOwned,
    R: Serialize,
{
    match whole(argument) {
        Ok(argument) => reply_of(&function(argument), limit),
        Err(reason) => text(Kind::BadArgument, &reason),
    }
}

/// What became of one item of a chunk: its result, or the message and the place of its panic.
pub(super) type ItemOutcome<R> = Result<R, (String, String)>;

/// In the worker: the runner that knows the types of a chunk. One item's panic is that item's.
fn chunk_runner<A, R>(function: fn(A) -> R, items: &[u8], limit: u64) -> Vec<u8>
where
    A: DeserializeOwned,
    R: Serialize,
{
    let items: Vec<A> = match whole(items) {
        Ok(items) => items,
        Err(reason) => return text(Kind::BadArgument, &reason),
    };
    let run = |item| -> ItemOutcome<R> {
        worker::catch(|| function(item)).map_err(|(message, location)| {
            (
                shortened(&message).to_owned(),
                shortened(&location).to_owned(),
            )
        })
    };
    let outcomes: Vec<ItemOutcome<R>> = items.into_iter().map(run).collect();
    reply_of(&outcomes, limit)
}

/// In the worker: the reply with a result.
fn reply_of<R: Serialize>(result: &R, limit: u64) -> Vec<u8> {
    match desk::encode(result, limit) {
        Ok(frame) => frame,
        Err(NotEncoded::TooLarge) => text(Kind::LargeResult, ""),
        Err(error) => text(Kind::BadResult, &error.to_string()),
    }
}

/// In the worker: the reply to a call that panicked.
pub(super) fn panicked(message: &str, location: &str) -> Vec<u8> {
    let words = (shortened(message), shortened(location));
    match Frame::new(Kind::Panicked).value(&words, reply_limit(0)) {
        Ok(frame) => frame.seal(),
        Err(_) => unreachable!("two strings of at most {TEXT_LIMIT} bytes fit"),
    }
}

/// In the worker: the reply to a call whose argument cannot be had.
pub(super) fn no_argument(error: &io::Error) -> Vec<u8> {
    text(Kind::BadArgument, &error.to_string())
}

/// In the pool: the frame of a call with its argument left out, which is in the arena; the argument.
/// None if the argument is not a large one.
pub(super) fn part(call: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (code, argument) = wire::content(call).split_at_checked(Code::SIZE)?;
    let frame = || {
        Frame::new(Kind::CallInArena)
            .bytes(code)
            .number(argument.len() as u64)
    };
    (argument.len() > LARGE).then(|| (frame().seal(), argument))
}

/// The longest content of a reply: a result of the pool's limit, or two texts.
pub(super) fn reply_limit(limit: u64) -> u64 {
    limit.max(2 * (TEXT_LIMIT as u64 + 8))
}

/// The longest content of a call: the code, and an argument of the pool's limit.
pub(super) fn call_limit(limit: u64) -> u64 {
    limit.saturating_add(Code::SIZE as u64)
}

/// The result that a reply brings, or the error it tells.
pub(super) fn decode<R: DeserializeOwned>(
    kind: Kind,
    frame: &[u8],
    limit: u64,
    submitted: &'static Location<'static>,
) -> Result<R, PoolError> {
    let content = wire::content(frame);
    let said = || String::from_utf8_lossy(content).into_owned();
    Err(match kind {
        Kind::Value => match whole(content) {
            Ok(value) => return Ok(value),
            Err(reason) => PoolError::Decode {
                what: Payload::Result,
                reason,
                submitted,
            },
        },
        Kind::Panicked => match whole(content) {
            Ok((message, location)) => PoolError::Panicked {
                message,
                location,
                payload: None,
                submitted,
            },
            Err(reason) => PoolError::Decode {
                what: Payload::Result,
                reason,
                submitted,
            },
        },
        Kind::BadArgument => PoolError::Decode {
            what: Payload::Argument,
            reason: said(),
            submitted,
        },
        Kind::BadResult => PoolError::Encode {
            what: Payload::Result,
            reason: said(),
            submitted,
        },
        Kind::LargeResult => PoolError::TooLarge {
            what: Payload::Result,
            limit,
            submitted,
        },
        Kind::Call | Kind::CallInArena | Kind::ValueInArena | Kind::Arena | Kind::BusyPoll => {
            let reason = "the worker answered with something that is no reply".to_owned();
            PoolError::Decode {
                what: Payload::Result,
                reason,
                submitted,
            }
        }
    })
}

/// Whether a reply brings a result.
pub(super) fn is_value(kind: Kind) -> bool {
    kind == Kind::Value
}

/// Decodes a value that takes all of the bytes.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(format!(
            "{} of {} bytes are left over",
            rest.len(),
            bytes.len()
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn text(kind: Kind, text: &str) -> Vec<u8> {
    Frame::new(kind).bytes(shortened(text).as_bytes()).seal()
}

/// The text, cut at the limit between two characters.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_LIMIT)]
}
