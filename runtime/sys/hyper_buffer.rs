//! Reading straight into hyper's buffer, whose bytes are not initialised.

#![allow(unsafe_code)]

use hyper::rt::ReadBufCursor;
use socket2::SockRef;
use std::io;
use std::os::fd::AsFd;

/// Receives what fits into the rest of the buffer. Returns how much came.
pub(crate) fn receive(socket: &impl AsFd, cursor: &mut ReadBufCursor<'_>) -> io::Result<usize> {
    // SAFETY: the bytes are only written to, by the kernel; none is made uninitialised.
    let count = SockRef::from(socket).recv(unsafe { cursor.as_mut() })?;
    // SAFETY: the kernel has written so many bytes at the start of what `as_mut` gave.
    unsafe { cursor.advance(count) };
    Ok(count)
}
