//! Frames: what passes between a pool and one of its workers.
//!
//! A frame is a kind, a number, a length and that many bytes. The pool numbers its calls, and a
//! reply bears the number of its call: so no reply is ever taken for that of another call. A length
//! is compared with the limit before a byte is set aside for it.

use super::spare;
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{self, Read};
use std::ops::Range;

/// Bytes before the content: the kind and the number, each a little-endian u32, and the length, a
/// little-endian u64.
const HEADER: usize = 16;

/// Where the number stands.
const NUMBER: Range<usize> = 4..8;

/// Where the length stands.
const LENGTH: Range<usize> = 8..HEADER;

/// Bytes taken by the first read of a frame: enough for most frames to come whole.
const FIRST_READ: usize = 4096;

/// The longest text (a panic's message, an error) that a reply may carry, whatever the pool's
/// limit.
pub(super) const TEXT_LIMIT: usize = 64 * 1024;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Pool to worker: the code to run and the encoded argument.
    Call = 1,
    /// Worker to pool: the encoded result.
    Value = 2,
    /// Worker to pool: the call panicked; the message and the place, encoded as two strings.
    Panicked = 3,
    /// Worker to pool: the argument's bytes do not make an argument; the reason.
    BadArgument = 4,
    /// Worker to pool: the result cannot be encoded; the reason.
    BadResult = 5,
    /// Worker to pool: the result is larger than the limit.
    LargeResult = 6,
    /// Pool to worker: the code to run, and the length of the argument, which is in the arena.
    CallInArena = 7,
    /// Worker to pool: the length of the result, which is in the arena.
    ValueInArena = 8,
    /// Pool to worker: the arena, as a descriptor beside the frame; the length of its halves. No
    /// reply.
    Arena = 9,
    /// Pool to worker: for how many nanoseconds to try for a call before sleeping. No reply.
    BusyPoll = 10,
}

impl Kind {
    fn from_number(number: u32) -> Option<Kind> {
        use Kind::*;
        [
            Call,
            Value,
            Panicked,
            BadArgument,
            BadResult,
            LargeResult,
            CallInArena,
            ValueInArena,
            Arena,
            BusyPoll,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }

    /// Whether it is a worker's word to the pool.
    pub(super) fn is_reply(self) -> bool {
        use Kind::*;
        match self {
            Value | Panicked | BadArgument | BadResult | LargeResult | ValueInArena => true,
            Call | CallInArena | Arena | BusyPoll => false,
        }
    }
}

/// A frame in the making: content is appended, then it is sealed.
pub(super) struct Frame(Vec<u8>);

impl Frame {
    /// Begins a frame.
    pub(super) fn new(kind: Kind) -> Frame {
        let mut bytes = vec![0; HEADER];
        bytes[..NUMBER.start].copy_from_slice(&(kind as u32).to_le_bytes());
        Frame(bytes)
    }

    /// A whole frame of a result of `length` bytes, whose content is still to be written.
    pub(super) fn value_of(length: u64) -> io::Result<Vec<u8>> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let mut bytes = spare::of(HEADER + length);
        bytes[..HEADER].copy_from_slice(&Frame::new(Kind::Value).0);
        Ok(Frame(bytes).seal())
    }

    /// Appends bytes as they are.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Frame {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a number that [`tail`] finds again.
    pub(super) fn number(self, number: u64) -> Frame {
        self.bytes(&number.to_le_bytes())
    }

    /// Appends an encoded value of at most `limit` bytes.
    pub(super) fn value<T: Serialize>(self, value: &T, limit: u64) -> Result<Frame, NotEncoded> {
        let end = usize::try_from(limit)
            .unwrap_or(usize::MAX)
            .saturating_add(self.0.len());
        let mut full = false;
        postcard::serialize_with_flavor(
            value,
            Bounded {
                bytes: self.0,
                end,
                full: &mut full,
            },
        )
        .map(Frame)
        .map_err(|error| {
            if full {
                NotEncoded::TooLarge
            } else {
                NotEncoded::Failed(error)
            }
        })
    }

    /// Writes the length into the header and gives out the bytes to send.
    pub(super) fn seal(mut self) -> Vec<u8> {
        let length = (self.0.len() - HEADER) as u64;
        self.0[LENGTH].copy_from_slice(&length.to_le_bytes());
        self.0
    }
}

impl From<Vec<u8>> for Frame {
    /// The bytes of a frame once more: its content may have changed, it is to be sealed again.
    fn from(bytes: Vec<u8>) -> Frame {
        Frame(bytes)
    }
}

/// Why a value did not become bytes.
#[derive(Debug)]
pub(super) enum NotEncoded {
    /// It is larger than the limit. The work stopped at the limit.
    TooLarge,
    /// Its `Serialize` failed.
    Failed(postcard::Error),
    /// There was no memory for it in the arena.
    NoMemory(io::Error),
}

impl Display for NotEncoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotEncoded::TooLarge => f.write_str("it is larger than the limit"),
            NotEncoded::Failed(error) => write!(f, "{error}"),
            NotEncoded::NoMemory(error) => write!(f, "no memory is to be had for it: {error}"),
        }
    }
}

/// Where postcard writes to: a vector that refuses to grow beyond an end.
struct Bounded<'a> {
    /// The frame so far.
    bytes: Vec<u8>,
    /// The length `bytes` may reach.
    end: usize,
    /// Set when a write was refused: it tells "too large" from other errors.
    full: &'a mut bool,
}

impl Flavor for Bounded<'_> {
    type Output = Vec<u8>;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        if self.bytes.len() == self.end {
            *self.full = true;
            return Err(postcard::Error::SerializeBufferFull);
        }
        self.bytes.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if bytes.len() > self.end - self.bytes.len() {
            *self.full = true;
            return Err(postcard::Error::SerializeBufferFull);
        }
        if bytes.len() > self.bytes.capacity() - self.bytes.len() {
            spare::enlarge(&mut self.bytes, bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.bytes)
    }
}

/// Takes frames off a socket, each in as many steps as it needs.
#[derive(Default)]
pub(super) struct FrameReader {
    /// What has come and was not given out yet, from `start` on.
    bytes: Vec<u8>,
    /// Where the frame that is being read begins in `bytes`.
    start: usize,
    /// Whether the last read brought less than it had room for: then the socket has no more.
    drained: bool,
}

impl FrameReader {
    /// Reads until a frame is whole; then gives out its kind and its bytes (see [`content`]).
    ///
    /// On a socket that does not block, `WouldBlock` keeps what has come: call again. Nothing is
    /// the end of the stream between two frames.
    pub(super) fn read(
        &mut self,
        mut socket: impl Read,
        limit: u64,
    ) -> io::Result<Option<(Kind, Vec<u8>)>> {
        while self.bytes.len() - self.start < HEADER {
            let mut chunk = [0; FIRST_READ];
            match socket.read(&mut chunk) {
                Ok(0) if self.bytes.is_empty() => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.drained = length < FIRST_READ;
                    self.bytes.extend_from_slice(&chunk[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let (kind, length) = self.header(limit)?;
        let end = self.start + length;
        if let Some(missing) = end
            .checked_sub(self.bytes.len())
            .filter(|&missing| missing > 0)
        {
            self.drained = false;
            self.bytes.reserve_exact(missing);
            if socket.take(missing as u64).read_to_end(&mut self.bytes)? < missing {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Some((kind, self.give_out(end))))
    }

    /// Whether nothing more was in the socket when the last frame was taken from it.
    pub(super) fn is_drained(&self) -> bool {
        self.drained
    }

    /// Whether a byte has come that belongs to no frame that was given out.
    pub(super) fn has_rest(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Takes out the frame that ends at `end`.
    fn give_out(&mut self, end: usize) -> Vec<u8> {
        if self.start == 0 && end == self.bytes.len() {
            return std::mem::take(&mut self.bytes);
        }
        let frame = self.bytes[self.start..end].to_vec();
        self.start = end;
        if end == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
        frame
    }

    /// Reads the header: the kind, and how long the frame is with it. Refuses a length above the
    /// limit.
    fn header(&self, limit: u64) -> io::Result<(Kind, usize)> {
        let header = &self.bytes[self.start..self.start + HEADER];
        let kind = u32::from_le_bytes(header[..4].try_into().expect("a slice of 4 bytes"));
        let kind = Kind::from_number(kind).ok_or_else(|| garbled("an unknown kind"))?;
        let length = u64::from_le_bytes(header[LENGTH].try_into().expect("a slice of 8 bytes"));
        match usize::try_from(length)
            .ok()
            .and_then(|bytes| bytes.checked_add(HEADER))
        {
            Some(whole) if length <= limit => Ok((kind, whole)),
            _ => Err(garbled("a length above the limit")),
        }
    }
}

/// The content of a whole frame.
pub(super) fn content(frame: &[u8]) -> &[u8] {
    &frame[HEADER..]
}

/// The content of a whole frame, to be written.
pub(super) fn content_mut(frame: &mut [u8]) -> &mut [u8] {
    &mut frame[HEADER..]
}

/// The content of a whole frame that a number ends: what is before it, and the number.
pub(super) fn tail(frame: &[u8]) -> Option<(&[u8], u64)> {
    let (before, number) = content(frame).split_last_chunk()?;
    Some((before, u64::from_le_bytes(*number)))
}

/// The number of a whole frame.
pub(super) fn number(frame: &[u8]) -> u32 {
    u32::from_le_bytes(frame[NUMBER].try_into().expect("a slice of 4 bytes"))
}

/// Gives a frame its number.
pub(super) fn set_number(frame: &mut [u8], number: u32) {
    frame[NUMBER].copy_from_slice(&number.to_le_bytes());
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame with {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    /// Gives its bytes one at a time, with "would block" between them.
    struct Dripping<'a>(&'a [u8], bool);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn a_frame_comes_whole_out_of_single_bytes() {
        let sent = Frame::new(Kind::Value).value(&"hello", 100).unwrap().seal();
        let mut reader = FrameReader::default();
        let mut socket = Dripping(&sent, false);
        let mut blocked = 0;
        let got = loop {
            match reader.read(&mut socket, 100) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => blocked += 1,
                other => break other.unwrap().unwrap(),
            }
        };
        assert_eq!(got, (Kind::Value, sent.clone()));
        assert_eq!(blocked, sent.len());
        assert_eq!(
            postcard::from_bytes::<&str>(content(&got.1)).unwrap(),
            "hello"
        );
    }

    #[test]
    fn a_value_may_fill_the_limit_and_not_more() {
        let encoded = |length: usize| Frame::new(Kind::Value).value(&vec![7u8; length], 100);
        assert_eq!(
            encoded(99).unwrap().seal().len(),
            HEADER + 100,
            "one byte tells the length"
        );
        assert!(matches!(encoded(100), Err(NotEncoded::TooLarge)));
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_memory_is_set_aside() {
        for length in [101, u64::MAX, i64::MIN as u64] {
            let mut bytes = Frame::new(Kind::Value).seal();
            bytes[8..16].copy_from_slice(&length.to_le_bytes());
            let mut reader = FrameReader::default();
            let error = reader.read(&bytes[..], 100).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(reader.bytes.capacity() < 1000);
        }
    }

    #[test]
    fn a_cut_frame_is_an_error_and_the_end_between_frames_is_not() {
        let sent = Frame::new(Kind::Value).bytes(b"content").seal();
        for cut in 1..sent.len() {
            let error = FrameReader::default().read(&sent[..cut], 100).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        assert!(FrameReader::default().read(&[][..], 100).unwrap().is_none());
    }

    #[test]
    fn frames_that_come_together_are_given_out_one_by_one() {
        let frame = |number: u32, length: usize| {
            let mut frame = Frame::new(Kind::Call)
                .bytes(&vec![number as u8; length])
                .seal();
            set_number(&mut frame, number);
            frame
        };
        let sent: Vec<_> = (0..40).map(|n| frame(n, 100 * n as usize % 7001)).collect();
        let (whole, mut reader) = (sent.concat(), FrameReader::default());
        let mut socket = &whole[..];
        for (number, frame) in (0..).zip(&sent) {
            let (kind, bytes) = reader.read(&mut socket, 10_000).unwrap().unwrap();
            assert_eq!(
                (kind, super::number(&bytes), &bytes),
                (Kind::Call, number, frame)
            );
        }
        assert!(!reader.has_rest());
        assert!(reader.read(&mut socket, 10_000).unwrap().is_none());
    }

    /// Gives its bytes in pieces of the given sizes, over and over.
    struct InPieces<'a>(&'a [u8], std::iter::Cycle<std::slice::Iter<'a, usize>>);

    impl Read for InPieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let piece = *self.1.next().expect("there is a size");
            let length = buffer.len().min(piece);
            self.0.read(&mut buffer[..length])
        }
    }

    /// Reads all there is; what was read before the end or an error, and how much was set aside.
    fn read_all(bytes: &[u8], pieces: &[usize], limit: u64) -> (Vec<(Kind, Vec<u8>)>, usize) {
        let mut socket = InPieces(bytes, pieces.iter().cycle());
        let (mut reader, mut frames, mut room) = (FrameReader::default(), Vec::new(), 0);
        while let Ok(Some(frame)) = reader.read(&mut socket, limit) {
            room = room.max(frame.1.capacity()).max(reader.bytes.capacity());
            frames.push(frame);
        }
        (frames, room.max(reader.bytes.capacity()))
    }

    proptest! {
        /// A length that is cut short, negative or huge, a kind that is none, any noise: it ends in
        /// an error or in frames within the limit, and never in more memory than these need.
        #[test]
        fn noise_takes_no_memory_beyond_the_limit(
            kind in 0u32..12,
            length in prop_oneof![0..300u64, any::<u64>(), (0..300u64).prop_map(u64::wrapping_neg)],
            noise in vec(any::<u8>(), 0..6000),
            pieces in vec(1usize..5000, 1..5),
        ) {
            let mut bytes = kind.to_le_bytes().to_vec();
            bytes.extend([7, 0, 0, 0]);
            bytes.extend(length.to_le_bytes());
            bytes.extend(noise);
            let (frames, room) = read_all(&bytes, &pieces, 200);
            prop_assert!(frames.iter().all(|(_, frame)| content(frame).len() <= 200));
            prop_assert!(room <= 4 * (FIRST_READ + HEADER + 200));
        }

        /// Frames come out as they went in, whatever pieces they come in; a flipped bit or a cut
        /// changes what follows, but is never a panic.
        #[test]
        fn frames_survive_any_pieces_and_damage_does_no_harm(
            contents in vec(vec(any::<u8>(), 0..3000), 1..8),
            pieces in vec(1usize..5000, 1..5),
            (place, bit, cut) in (any::<Index>(), 0..8, any::<Index>()),
        ) {
            let frames = contents.iter().map(|content| Frame::new(Kind::Value).bytes(content).seal());
            let frames: Vec<_> = frames.collect();
            let mut bytes = frames.concat();
            let read: Vec<_> = read_all(&bytes, &pieces, 3000).0.into_iter().map(|got| got.1).collect();
            prop_assert_eq!(read, frames);
            let place = place.index(bytes.len());
            bytes[place] ^= 1u8 << bit;
            bytes.truncate(cut.index(bytes.len()));
            let (damaged, _) = read_all(&bytes, &pieces, 3000);
            prop_assert!(damaged.iter().all(|(_, frame)| content(frame).len() <= 3000));
        }
    }

    #[test]
    fn noise_is_an_error() {
        let error = FrameReader::default()
            .read(&[0x55; 64][..], 100)
            .unwrap_err();
        assert_eq!(error.to_string(), "a frame with an unknown kind");
    }
}
