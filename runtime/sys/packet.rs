//! A pair of packet sockets that can carry a file descriptor beside the bytes.
//!
//! `SOCK_SEQPACKET` keeps message boundaries and tells the end of the other side, as a stream does.
//! So a message is read whole or not at all, a descriptor arrives with its own message, and no
//! framing is needed. A stream would make all three the caller's work.
//!
//! `send` and `receive` work on a stream, too, for the one who brings frames of its own.

#![allow(unsafe_code)]

use super::result::{check, retry};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// Bytes of control data that hold one descriptor, in units that keep the header aligned.
const CONTROL_WORDS: usize = 4;

/// Makes two connected packet sockets, closed on exec.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `ends` is a valid array of two descriptors for the kernel to fill.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so both are open descriptors that nobody else owns.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Sends one packet, with a copy of `descriptor` if there is one.
///
/// Writing to a side that is gone is an error (`BrokenPipe`), never a signal.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptor: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr() as *mut libc::c_void,
        iov_len: bytes.len(),
    };
    let mut control = [0u64; CONTROL_WORDS];
    let mut message = message_over(&mut part);
    if let Some(descriptor) = descriptor {
        attach(&mut message, &mut control, descriptor.as_raw_fd());
    }
    retry(|| {
        // SAFETY: `message` points at `part` and `control`, which outlive the call; the kernel only
        // reads.
        let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &message, libc::MSG_NOSIGNAL) };
        check(if sent < 0 { -1 } else { 0 })
    })?;
    Ok(())
}

/// Receives one packet: how many bytes of `buffer` it filled (0 at the end), and the descriptor it
/// carried.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Option<OwnedFd>)> {
    receive_with(socket, buffer, 0)
}

/// As [`receive`], but gives `WouldBlock` where there is nothing yet.
pub(crate) fn try_receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Option<OwnedFd>)> {
    receive_with(socket, buffer, libc::MSG_DONTWAIT)
}

fn receive_with(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: libc::c_int,
) -> io::Result<(usize, Option<OwnedFd>)> {
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

/// Writes the control data that hands over one descriptor.
fn attach(message: &mut libc::msghdr, control: &mut [u64; CONTROL_WORDS], descriptor: RawFd) {
    let size = mem::size_of::<RawFd>() as libc::c_uint;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: CMSG_SPACE and CMSG_LEN are arithmetic. CMSG_FIRSTHDR points into `control`, whose 32
    // bytes are aligned for a header and hold CMSG_SPACE(4) = 24.
    unsafe {
        message.msg_controllen = libc::CMSG_SPACE(size) as _;
        let header = libc::CMSG_FIRSTHDR(message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        ptr::write_unaligned(libc::CMSG_DATA(header).cast::<RawFd>(), descriptor);
    }
}

/// Takes the descriptor out of a received message.
fn attached(message: &libc::msghdr) -> Option<OwnedFd> {
    // SAFETY: the kernel filled `message`, so the first header is null or lies inside its control
    // data. A header of type SCM_RIGHTS is followed by a descriptor that is open, new, and owned by
    // nobody yet.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(message);
        if header.is_null()
            || (*header).cmsg_level != libc::SOL_SOCKET
            || (*header).cmsg_type != libc::SCM_RIGHTS
        {
            return None;
        }
        Some(OwnedFd::from_raw_fd(ptr::read_unaligned(
            libc::CMSG_DATA(header).cast::<RawFd>(),
        )))
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
        send(here.as_fd(), b"one", None).unwrap();
        send(here.as_fd(), b"three", None).unwrap();
        drop(here);
        let mut buffer = [0; 16];
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 3);
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 5);
        assert_eq!(receive(there.as_fd(), &mut buffer).unwrap().0, 0);
        assert_eq!(
            send(there.as_fd(), b"late", None).unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }

    #[test]
    fn a_descriptor_travels_with_its_own_packet() {
        let (here, there) = pair().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        send(here.as_fd(), b"plain", None).unwrap();
        send(here.as_fd(), b"with a pipe", Some(writer.as_fd())).unwrap();
        drop(writer);
        let mut buffer = [0; 16];
        assert!(receive(there.as_fd(), &mut buffer).unwrap().1.is_none());
        let (length, carried) = receive(there.as_fd(), &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"with a pipe");
        File::from(carried.unwrap()).write_all(b"hello").unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "hello");
    }
}
