//! One half of an arena, as one side sees it.

use super::spare;
use crate::sys::shared_memory::{self, Mapping};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

/// A half is mapped in these steps; a multiple of every page size.
const STEP: u64 = 64 * 1024;

/// A half: as much of it is mapped as was needed so far.
pub(super) struct Half {
    /// The arena.
    memory: Rc<OwnedFd>,
    /// Where the half begins in it.
    start: u64,
    /// How long it is.
    length: u64,
    /// What is mapped of it, from the start on; none before the first use.
    mapping: Option<Mapping>,
    /// Whether it is written on this side.
    writable: bool,
}

impl Half {
    /// A half of `length` bytes, which begins at `start`.
    pub(super) fn new(memory: Rc<OwnedFd>, start: u64, length: u64, writable: bool) -> Half {
        Half {
            memory,
            start,
            length,
            mapping: None,
            writable,
        }
    }

    /// How long a half must be for payloads of up to `limit` bytes.
    pub(super) fn length_for(limit: u64) -> u64 {
        limit.max(1).next_multiple_of(STEP)
    }

    /// The first `length` bytes. They change while the other side writes.
    pub(super) fn bytes(&mut self, length: u64) -> io::Result<&[u8]> {
        let length = self.reach(length)?;
        Ok(self
            .mapping
            .as_ref()
            .map_or(&[], |mapping| &mapping.bytes()[..length]))
    }

    /// The first `length` bytes or more, to be written.
    pub(super) fn bytes_mut(&mut self, length: u64) -> io::Result<&mut [u8]> {
        self.reach(length)?;
        Ok(self.mapping.as_mut().map_or(&mut [], Mapping::bytes_mut))
    }

    /// Copies the first bytes, whatever the other side does meanwhile.
    pub(super) fn copy_to(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.reach(into.len() as u64)?;
        if let Some(mapping) = &self.mapping {
            mapping.copy_to(into);
        }
        Ok(())
    }

    /// Writes the first bytes.
    pub(super) fn copy_from(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reach(bytes.len() as u64)?;
        if let Some(mapping) = &mut self.mapping {
            mapping.copy_from(bytes);
        }
        Ok(())
    }

    /// How many bytes of it are mapped.
    pub(super) fn mapped(&self) -> u64 {
        self.mapping
            .as_ref()
            .map_or(0, |mapping| mapping.len() as u64)
    }

    /// Gives the memory behind all but the first `kept` bytes back to the system, on both sides.
    pub(super) fn shrink(&mut self, kept: u64) {
        if self.length > kept {
            self.mapping = None;
            // It could only fail for a reason that will be gone next time, or never.
            let _ =
                shared_memory::release(self.memory.as_fd(), self.start + kept, self.length - kept);
        }
    }

    /// Has at least `length` bytes mapped, and memory behind them. What is mapped at least doubles,
    /// so that a result which grows step by step does not map its pages again and again.
    fn reach(&mut self, length: u64) -> io::Result<usize> {
        spare::want();
        let mapped = self.mapped();
        if length > self.length {
            return Err(io::Error::from_raw_os_error(libc::EFBIG));
        }
        if length > mapped {
            let wanted = length
                .next_multiple_of(STEP)
                .max(2 * mapped)
                .min(self.length);
            let size = usize::try_from(wanted).map_err(io::Error::other)?;
            // The old one goes first: both at once could be more than the process may have.
            self.mapping = None;
            let memory = self.memory.as_fd();
            // Where there is none, this is an error; a page without memory would be a signal.
            shared_memory::reserve(memory, self.start, wanted)?;
            self.mapping = Some(Mapping::new(memory, self.start, size, self.writable)?);
        }
        Ok(length as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(length: u64) -> (Half, Half, Rc<OwnedFd>) {
        let memory = Rc::new(shared_memory::create(2 * length).unwrap());
        let half = |writable| Half::new(memory.clone(), length, length, writable);
        (half(true), half(false), memory)
    }

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (mut writer, mut reader, _) = halves(16 * STEP);
        for length in [1, 100, STEP, STEP + 1, 16 * STEP] {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 7 + length) as u8).collect();
            writer.copy_from(&bytes).unwrap();
            assert_eq!(reader.bytes(length).unwrap(), bytes);
            let mut copy = vec![0; length as usize];
            reader.copy_to(&mut copy).unwrap();
            assert_eq!(copy, bytes);
        }
    }

    #[test]
    fn more_than_the_half_is_refused_and_nothing_is_mapped() {
        let (mut writer, mut reader, _) = halves(STEP);
        for length in [STEP + 1, u64::MAX] {
            assert!(reader.bytes(length).is_err());
            assert!(writer.bytes_mut(length).is_err());
        }
        assert_eq!((writer.mapped(), reader.mapped()), (0, 0));
    }

    #[test]
    fn a_half_grows_by_doubling_at_least() {
        let (mut writer, ..) = halves(16 * STEP);
        let mut sizes = Vec::new();
        for length in 1..=16 * STEP {
            writer.bytes_mut(length).unwrap();
            if sizes.last() != Some(&writer.mapped()) {
                sizes.push(writer.mapped());
            }
        }
        assert_eq!(sizes, [1, 2, 4, 8, 16].map(|steps| steps * STEP));
    }

    #[test]
    fn shrinking_gives_memory_back_and_the_half_can_be_used_again() {
        use std::fs::File;
        use std::os::unix::fs::MetadataExt;
        let (mut writer, mut reader, memory) = halves(16 * STEP);
        let file = File::from(memory.try_clone().unwrap());
        let held = || file.metadata().unwrap().blocks() * 512;
        writer.copy_from(&vec![7; 16 * STEP as usize]).unwrap();
        assert_eq!(reader.bytes(16 * STEP).unwrap()[0], 7);
        assert_eq!(held(), 16 * STEP);
        writer.shrink(STEP);
        assert_eq!(held(), STEP);
        writer.copy_from(&vec![8; 16 * STEP as usize]).unwrap();
        assert!(
            reader
                .bytes(16 * STEP)
                .unwrap()
                .iter()
                .all(|byte| *byte == 8)
        );
    }
}
