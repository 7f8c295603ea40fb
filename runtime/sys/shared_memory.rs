//! Memory that two processes share: a file without a name, sealed so that it never changes its size.
//!
//! The one who makes it reads and writes it as a file, which cannot fault. Only the other one maps
//! it. As the size is sealed, a mapped page is always inside of the file: no SIGBUS, whatever either
//! side does.

#![allow(unsafe_code)]

use super::result::check;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd};
use std::{ptr, slice};

/// Makes such a file of `size` bytes, closed on exec. It takes memory only where it is written.
pub(crate) fn create(size: u64) -> io::Result<File> {
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

/// Gives the memory behind a part of the file back to the system. The part reads as zeroes then; the
/// file keeps its size, and a mapping its place.
pub(crate) fn release(file: &File, start: u64, length: u64) -> io::Result<()> {
    let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    let (start, length) = (start as libc::off_t, length as libc::off_t);
    // SAFETY: the descriptor is open.
    check(unsafe { libc::fallocate(file.as_raw_fd(), mode, start, length) })?;
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
    use std::os::unix::fs::FileExt;

    const PAGE: usize = 4096;

    #[test]
    fn what_is_written_to_the_file_is_in_the_mapping_and_the_other_way_round() {
        let file = create(4 * PAGE as u64).unwrap();
        let mut mapping = Mapping::new(file.as_fd(), PAGE as u64, PAGE, true).unwrap();
        file.write_all_at(b"hello", PAGE as u64).unwrap();
        assert_eq!(&mapping.bytes()[..5], b"hello");
        mapping.bytes_mut()[..5].copy_from_slice(b"world");
        let mut bytes = [0; 5];
        file.read_exact_at(&mut bytes, PAGE as u64).unwrap();
        assert_eq!(&bytes, b"world");
    }

    #[test]
    fn nobody_can_change_the_size_or_the_seals() {
        let file = create(4 * PAGE as u64).unwrap();
        for size in [0, PAGE as u64, 5 * PAGE as u64] {
            assert_eq!(
                file.set_len(size).unwrap_err().raw_os_error(),
                Some(libc::EPERM)
            );
        }
        // SAFETY: the descriptor is open.
        let sealed =
            unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_WRITE) };
        assert_eq!(sealed, -1);
    }

    #[test]
    fn released_memory_is_given_back_and_reads_as_zeroes() {
        use std::os::unix::fs::MetadataExt;
        let file = create(1 << 40).unwrap();
        assert_eq!(file.metadata().unwrap().blocks(), 0);
        let mut mapping = Mapping::new(file.as_fd(), 0, 64 * PAGE, true).unwrap();
        mapping.bytes_mut().fill(7);
        assert_eq!(file.metadata().unwrap().blocks() * 512, 64 * PAGE as u64);
        release(&file, PAGE as u64, 63 * PAGE as u64).unwrap();
        assert_eq!(file.metadata().unwrap().blocks() * 512, PAGE as u64);
        assert_eq!(mapping.bytes()[PAGE - 1..=PAGE], [7, 0]);
    }
}
