//! The desk: a worker's side of its arena, where arguments lie and results are written.

use super::arena::LARGE;
use super::half::Half;
use super::wire::{Frame, Kind, NotEncoded};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::rc::Rc;

thread_local! {
    /// The half for results, where a runner finds it; empty until the pool has sent the arena, and
    /// while a result is encoded. (Not a parameter of the runner, whose type is named in `sys`.)
    static RESULTS: Cell<Option<Half>> = const { Cell::new(None) };
}

/// Takes the arena that the pool has sent; returns the half for arguments.
pub(super) fn set_up(memory: OwnedFd, half: u64) -> Half {
    let memory = Rc::new(memory);
    RESULTS.set(Some(Half::new(memory.clone(), half, half, true)));
    Half::new(memory, 0, half, false)
}

/// A result in the making: it begins in a frame, and goes on in the arena when it becomes large.
struct Growing<'a> {
    /// The header of a frame, and the last bytes of the result: all of them, or those that are not
    /// in the arena yet. So bytes that come one by one cost no more than in a vector.
    frame: Vec<u8>,
    /// How many bytes of it are the header.
    header: usize,
    /// How long it may become before its bytes are moved.
    end: usize,
    /// The half for results, put back when this is dropped; none if there is no arena.
    half: Option<Half>,
    /// How many bytes are in the arena.
    moved: usize,
    /// How many bytes the result may have.
    limit: usize,
    /// Set when a write was refused: it tells these reasons from the errors of a `Serialize`.
    refused: &'a mut Option<NotEncoded>,
}

/// Encodes a result of at most `limit` bytes; gives the frame to reply with.
pub(super) fn encode<T: Serialize>(value: &T, limit: u64) -> Result<Vec<u8>, NotEncoded> {
    let frame = Frame::new(Kind::Value).seal();
    let mut refused = None;
    let mut growing = Growing {
        header: frame.len(),
        frame,
        end: 0,
        half: RESULTS.take(),
        moved: 0,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        refused: &mut refused,
    };
    growing.set_end();
    let encoded = postcard::serialize_with_flavor(value, growing);
    encoded.map_err(|error| refused.unwrap_or(NotEncoded::Failed(error)))
}

impl Growing<'_> {
    /// Sets how long the frame may become.
    fn set_end(&mut self) {
        let most = match self.half {
            Some(_) => LARGE,
            None => usize::MAX,
        };
        let room = most.min(self.limit - self.moved);
        self.end = self.header.saturating_add(room);
    }

    /// Appends bytes for which the frame has no room.
    #[cold]
    fn extend_far(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        let before = self.frame.len() - self.header;
        let whole = (self.moved + before).saturating_add(bytes.len());
        let Some(half) = self.half.as_mut().filter(|_| whole <= self.limit) else {
            return self.refuse(NotEncoded::TooLarge);
        };
        match half.bytes_mut(whole as u64) {
            Ok(place) => {
                let (front, back) = place[self.moved..whole].split_at_mut(before);
                front.copy_from_slice(&self.frame[self.header..]);
                back.copy_from_slice(bytes);
            }
            Err(error) => return self.refuse(NotEncoded::NoMemory(error)),
        }
        self.frame.truncate(self.header);
        self.moved = whole;
        self.set_end();
        Ok(())
    }

    fn refuse(&mut self, why: NotEncoded) -> postcard::Result<()> {
        *self.refused = Some(why);
        Err(postcard::Error::SerializeBufferFull)
    }
}

impl Flavor for Growing<'_> {
    type Output = Vec<u8>;

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        if self.frame.len() == self.end {
            return self.extend_far(&[byte]);
        }
        self.frame.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if bytes.len() > self.end - self.frame.len() {
            return self.extend_far(bytes);
        }
        self.frame.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(mut self) -> postcard::Result<Vec<u8>> {
        if self.moved > 0 {
            self.extend_far(&[])?;
            let length = self.moved as u64;
            return Ok(Frame::new(Kind::ValueInArena).number(length).seal());
        }
        Ok(Frame::from(std::mem::take(&mut self.frame)).seal())
    }
}

impl Drop for Growing<'_> {
    fn drop(&mut self) {
        if let Some(half) = self.half.take() {
            RESULTS.set(Some(half));
        }
    }
}
