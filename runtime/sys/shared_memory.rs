//! Memory that two processes share: a file without a name, sealed so that it never changes its size.
//!
//! As the size is sealed, a mapped page is always inside of the file, and as memory is reserved before
//! it is mapped, there is something behind it: no SIGBUS. A process that shares the file could punch
//! holes into it; these are filled again when they are touched.

#![allow(unsafe_code)]

use super::result::{check, retry};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::{ptr, slice};

/// Makes such a file of `size` bytes, closed on exec. It takes memory only where it is written.
pub(crate) fn create(size: u64) -> io::Result<OwnedFd> {
    if size > file_size_limit() {
        // To go beyond would be a signal and not an error.
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: the name ends with a zero byte; a plain system call otherwise.
    let memfd = |flags| check(unsafe { libc::memfd_create(c"roundelay-arena".as_ptr(), flags) });
    // Kernels before 6.3 do not know the first.
    let descriptor = memfd(flags | libc::MFD_NOEXEC_SEAL).or_else(|_| memfd(flags))?;
    // SAFETY: the call succeeded: the descriptor is open and nobody else owns it.
    let file = unsafe { File::from_raw_fd(descriptor) };
    file.set_len(size)?;
    let file = OwnedFd::from(file);
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: the descriptor is open.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) })?;
    Ok(file)
}

/// How large the files of this process may become.
fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the pointer is to a local; on failure it keeps what it holds.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    limit.rlim_cur
}

/// Sets memory aside for a part of the file. What is there already stays as it is.
pub(crate) fn reserve(file: BorrowedFd<'_>, start: u64, length: u64) -> io::Result<()> {
    allocate(file, 0, start, length)
}

/// Gives the memory behind a part of the file back to the system. The part reads as zeroes then; the
/// file keeps its size, and a mapping its place.
pub(crate) fn release(file: BorrowedFd<'_>, start: u64, length: u64) -> io::Result<()> {
    let punch = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    allocate(file, punch, start, length)
}

fn allocate(file: BorrowedFd<'_>, mode: libc::c_int, start: u64, length: u64) -> io::Result<()> {
    let (start, length) = (start as libc::off_t, length as libc::off_t);
    // SAFETY: the descriptor is open.
    retry(|| check(unsafe { libc::fallocate(file.as_raw_fd(), mode, start, length) }))?;
    Ok(())
}

/// A part of such a file in the memory of this process.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// Where it begins.
    ///
    /// # Invariant
    /// `length` bytes from here are mapped from `map` until the drop, by nobody else in this process.
    start: ptr::NonNull<u8>,
    /// How many bytes it has.
    length: usize,
    /// Whether it may be written.
    writable: bool,
}

impl Mapping {
    /// Maps `length` bytes of the file from `offset` on, all pages present.
    ///
    /// The other process must not write the part while [`bytes`](Mapping::bytes) or
    /// [`bytes_mut`](Mapping::bytes_mut) of it are in use. (A pool and its worker take turns.)
    pub(crate) fn new(
        file: BorrowedFd<'_>,
        offset: u64,
        length: usize,
        writable: bool,
    ) -> io::Result<Mapping> {
        let protection = match writable {
            true => libc::PROT_READ | libc::PROT_WRITE,
            false => libc::PROT_READ,
        };
        // SAFETY: a new mapping at a place of the kernel's choice touches no other memory.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                protection,
                libc::MAP_SHARED | libc::MAP_POPULATE,
                file.as_raw_fd(),
                offset as libc::off_t,
            )
        };
        match ptr::NonNull::new(start.cast()) {
            _ if start == libc::MAP_FAILED => Err(io::Error::last_os_error()),
            None => Err(io::Error::other("a mapping at address zero")),
            Some(start) => Ok(Mapping {
                start,
                length,
                writable,
            }),
        }
    }

    /// How many bytes are mapped.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Copies the first bytes out. The other process may be writing them: then it is anyone's guess
    /// what the copy holds, but the copy stays as it is.
    ///
    /// # Panics
    /// If fewer are mapped.
    pub(crate) fn copy_to(&self, into: &mut [u8]) {
        assert!(into.len() <= self.length, "more than is mapped");
        // SAFETY: so many bytes are mapped, by the invariant. They are read through a raw pointer, no
        // reference says that they stay the same, and any byte is a byte. `into` is memory of our own.
        unsafe { ptr::copy_nonoverlapping(self.start.as_ptr(), into.as_mut_ptr(), into.len()) };
    }

    /// Writes the first bytes, whatever the other process does with them.
    ///
    /// # Panics
    /// If fewer are mapped, or for reading only.
    pub(crate) fn copy_from(&mut self, bytes: &[u8]) {
        assert!(
            self.writable && bytes.len() <= self.length,
            "no place to write"
        );
        // SAFETY: so many bytes are mapped for writing, by the invariant. They are written through a
        // raw pointer and not read. `bytes` is memory of our own.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr(), bytes.len()) };
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading, by the invariant; whoever mapped it keeps the other process
        // from writing meanwhile.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to write them.
    ///
    /// # Panics
    /// If they are mapped for reading only.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        assert!(self.writable, "a mapping that is only read");
        // SAFETY: mapped for writing, by the invariant and the line above; borrowed by one at a
        // time, as `self` is; whoever mapped it keeps the other process from writing meanwhile. That
        // it may read at any time changes nothing here.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and no reference into it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::fs::{FileExt, MetadataExt};

    const PAGE: usize = 4096;

    fn held(file: &File) -> usize {
        file.metadata().unwrap().blocks() as usize * 512
    }

    #[test]
    fn what_is_written_to_the_file_is_in_the_mapping_and_the_other_way_round() {
        let file = create(4 * PAGE as u64).unwrap();
        let mut mapping = Mapping::new(file.as_fd(), PAGE as u64, PAGE, true).unwrap();
        let file = File::from(file);
        file.write_all_at(b"hello", PAGE as u64).unwrap();
        assert_eq!(&mapping.bytes()[..5], b"hello");
        mapping.copy_from(b"world");
        let mut bytes = [0; 5];
        file.read_exact_at(&mut bytes, PAGE as u64).unwrap();
        assert_eq!(&bytes, b"world");
        mapping.copy_to(&mut bytes[..2]);
        assert_eq!(&bytes, b"world");
    }

    #[test]
    fn nobody_can_change_the_size_or_the_seals() {
        let file = File::from(create(4 * PAGE as u64).unwrap());
        for size in [0, PAGE as u64, 5 * PAGE as u64] {
            let error = file.set_len(size).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        }
        let seal = libc::F_SEAL_WRITE;
        // SAFETY: the descriptor is open.
        let sealed = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seal) };
        assert_eq!(sealed, -1);
    }

    #[test]
    fn memory_is_there_when_reserved_and_gone_when_released() {
        let memory = create(1 << 40).unwrap();
        let file = File::from(memory.try_clone().unwrap());
        assert_eq!(held(&file), 0);
        reserve(memory.as_fd(), 0, 64 * PAGE as u64).unwrap();
        assert_eq!(held(&file), 64 * PAGE);
        let mut mapping = Mapping::new(memory.as_fd(), 0, 64 * PAGE, true).unwrap();
        mapping.bytes_mut().fill(7);
        release(memory.as_fd(), PAGE as u64, 63 * PAGE as u64).unwrap();
        assert_eq!(held(&file), PAGE);
        assert_eq!(mapping.bytes()[PAGE - 1..=PAGE], [7, 0]);
    }

    #[test]
    #[should_panic = "no place to write"]
    fn more_than_is_mapped_cannot_be_written() {
        let file = create(4 * PAGE as u64).unwrap();
        let mut mapping = Mapping::new(file.as_fd(), 0, PAGE, true).unwrap();
        mapping.copy_from(&[0; PAGE + 1]);
    }
}
