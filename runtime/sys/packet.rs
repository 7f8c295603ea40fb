//! A pair of packet sockets that can carry file descriptors beside the bytes.
//!
//! `SOCK_SEQPACKET` keeps message boundaries and tells the end of the other side, as a stream does.
//! So a message is read whole or not at all, descriptors arrive with their own message, and no
//! framing is needed. A stream would make all three the caller's work.
//!
//! `send` and `receive` work on a stream, too, for the one who brings frames of its own.

#![allow(unsafe_code)]

use super::result::{check, retry};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// The most descriptors that one packet carries.
const MOST: usize = 4;
/// Control data that hold so many descriptors, in units that keep the header aligned.
const CONTROL_WORDS: usize = 2 + MOST / 2;

/// Makes two connected packet sockets, closed on exec.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `ends` is a valid array of two descriptors for the kernel to fill.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so both are open descriptors that nobody else owns.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Sends one packet, with a copy of each of the descriptors, four at most.
///
/// Writing to a side that is gone is an error (`BrokenPipe`), never a signal.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    assert!(
        descriptors.len() <= MOST,
        "a packet carries {MOST} descriptors"
    );
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr() as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    let mut control = [0u64; CONTROL_WORDS];
    let mut message = message_over(&mut part);
    if !descriptors.is_empty() {
        attach(&mut message, &mut control, descriptors);
    }
    retry(|| {
        // SAFETY: `message` points at `part` and `control`, which outlive the call; the kernel only
        // reads.
        let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &message, libc::MSG_NOSIGNAL) };
        check(if sent < 0 { -1 } else { 0 })
    })?;
    Ok(())
}

/// Receives one packet: how many bytes of `buffer` it filled (0 at the end), and the descriptors it
/// carried, without those for which this process has no place.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Vec<OwnedFd>)> {
    receive_with(socket, buffer, 0)
}

/// As [`receive`], but gives `WouldBlock` where there is nothing yet.
pub(crate) fn try_receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Vec<OwnedFd>)> {
    receive_with(socket, buffer, libc::MSG_DONTWAIT)
}

fn receive_with(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: libc::c_int,
) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let mut control = [0u64; CONTROL_WORDS];
    let mut message = message_over(&mut part);
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = mem::size_of_val(&control) as _;
    let mut length = 0;
    retry(|| {
        // SAFETY: `message` points at `part` (over `buffer`) and `control`, all valid for writing.
        let flags = flags | libc::MSG_CMSG_CLOEXEC;
        let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, flags) };
        length = got.max(0) as usize;
        check(if got < 0 { -1 } else { 0 })
    })?;
    Ok((length, attached(&message)))
}

/// An empty message header over one part.
fn message_over(part: &mut libc::iovec) -> libc::msghdr {
    // SAFETY: `msghdr` is plain data for which all zeroes is a valid, empty value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message
}

/// Writes the control data that hand over descriptors.
fn attach(
    message: &mut libc::msghdr,
    control: &mut [u64; CONTROL_WORDS],
    descriptors: &[BorrowedFd<'_>],
) {
    let size = mem::size_of_val(descriptors) as libc::c_uint;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: CMSG_SPACE and CMSG_LEN are arithmetic. CMSG_FIRSTHDR points into `control`, which is
    // aligned for a header and holds one and `MOST` descriptors behind it; there are no more, as
    // `send` has checked. A `BorrowedFd` is laid out as the number it stands for.
    unsafe {
        message.msg_controllen = libc::CMSG_SPACE(size) as _;
        let header = libc::CMSG_FIRSTHDR(message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        let place = libc::CMSG_DATA(header);
        ptr::copy_nonoverlapping(descriptors.as_ptr().cast::<u8>(), place, size as usize);
    }
}

/// Takes the descriptors out of a received message.
fn attached(message: &libc::msghdr) -> Vec<OwnedFd> {
    // SAFETY: the kernel filled `message`, so the first header is null or lies inside its control
    // data. A header of type SCM_RIGHTS is followed by descriptors, as many as its length says,
    // that are open, new, and owned by nobody yet.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(message);
        if header.is_null()
            || (*header).cmsg_level != libc::SOL_SOCKET
            || (*header).cmsg_type != libc::SCM_RIGHTS
        {
            return Vec::new();
        }
        let size = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
        let place = libc::CMSG_DATA(header).cast::<RawFd>();
        (0..size / mem::size_of::<RawFd>())
            .map(|number| OwnedFd::from_raw_fd(ptr::read_unaligned(place.add(number))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::AsFd;

    #[test]
    fn packets_keep_their_bounds_and_the_end_is_told() {
        let (here, there) = pair().unwrap();
        send(here.as_fd(), b"one", &[]).unwrap();
        send(here.as_fd(), b"three", &[]).unwrap();
        drop(here);
        let mut buffer = [0; 16];
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 3);
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 5);
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 0);
        assert_eq!(
            send(there.as_fd(), b"late", &[]).unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }

    #[test]
    fn descriptors_travel_with_their_own_packet() {
        let (here, there) = pair().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        send(here.as_fd(), b"plain", &[]).unwrap();
        send(here.as_fd(), b"with a pipe", &[writer.as_fd()]).unwrap();
        let all = [writer.as_fd(), reader.as_fd(), here.as_fd(), there.as_fd()];
        send(here.as_fd(), b"with four", &all).unwrap();
        drop(writer);
        let mut buffer = [0; 16];
        assert!(receive(there.as_fd(), &mut buffer).unwrap().1.is_empty());
        let (length, mut carried) = receive(there.as_fd(), &mut buffer).unwrap();
        assert_eq!((&buffer[..length], carried.len()), (&b"with a pipe"[..], 1));
        File::from(carried.remove(0)).write_all(b"hel").unwrap();
        let (_, mut carried) = receive(there.as_fd(), &mut buffer).unwrap();
        assert_eq!(carried.len(), 4);
        File::from(carried.remove(0)).write_all(b"lo").unwrap();
        drop(carried);
        assert_eq!(io::read_to_string(reader).unwrap(), "hello");
    }
}
