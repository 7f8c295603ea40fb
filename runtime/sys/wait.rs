//! Waits until one of a few descriptors can be read, on a thread that has no loop.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Waits until one of the descriptors can be read or is closed at its other end, and says which are.
pub(crate) fn readable<const N: usize>(descriptors: [BorrowedFd<'_>; N]) -> io::Result<[bool; N]> {
    let mut polled = descriptors.map(|descriptor| libc::pollfd {
        fd: descriptor.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    });
    loop {
        // SAFETY: the array is ours and as long as is said; the descriptors are borrowed, and so open.
        let count = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, -1) };
        if count >= 0 {
            return Ok(polled.map(|polled| polled.revents != 0));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
