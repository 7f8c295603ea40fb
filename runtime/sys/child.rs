//! Child processes: fork one, hold it by a pidfd, kill it, reap it, wait until one has ended.

#![allow(unsafe_code)]

use super::result::{check, retry};
use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, ExitStatus};
use std::time::Duration;

/// A process, held by a descriptor that stays its own even when its number is used again.
#[derive(Debug)]
pub(crate) struct Process {
    /// The process's number, for people to read and for its parent to reap it.
    pid: u32,
    /// The pidfd: becomes readable once, when the process has ended.
    descriptor: OwnedFd,
}

impl Process {
    /// Puts together what `fork` gave and another process sent.
    pub(crate) fn new(pid: u32, descriptor: OwnedFd) -> Process {
        Process { pid, descriptor }
    }

    /// Returns the process's number.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills the process (SIGKILL). It is no error if it has ended already.
    pub(crate) fn kill(&self) -> io::Result<()> {
        self.signal(libc::SIGKILL)
    }

    /// Asks the process to end (SIGTERM). It is no error if it has ended already.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        self.signal(libc::SIGTERM)
    }

    fn signal(&self, signal: libc::c_int) -> io::Result<()> {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and a null `siginfo` asks for the kernel's own.
        let result = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.descriptor.as_raw_fd(),
                signal,
                none,
                0,
            )
        };
        match check(result as libc::c_int) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Waits until the process has ended and takes its status; only its parent can do that.
    pub(crate) fn reap(&self) -> io::Result<ExitStatus> {
        let mut status = 0;
        // SAFETY: `status` is valid for writing. The number is still that of our child: until it is
        // reaped, which only this call does, the kernel gives it to nobody else.
        retry(|| check(unsafe { libc::waitpid(self.pid as libc::pid_t, &mut status, 0) }))?;
        Ok(ExitStatus::from_raw(status))
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Forks; the child runs `body` and never comes back.
///
/// The caller must be the only thread of the process: a lock another thread holds at this moment
/// would stay locked in the child for ever. The zygote checks that when it starts
/// (`itself::is_single_threaded`).
pub(crate) fn fork(body: impl FnOnce() -> Infallible) -> io::Result<Process> {
    // SAFETY: with one thread, no lock and no half-done change of another thread is copied.
    let pid = check(unsafe { libc::fork() })?;
    if pid == 0 {
        // A panic must not unwind into the parent's frames, which the child has a copy of.
        let _ = panic::catch_unwind(AssertUnwindSafe(body));
        process::abort();
    }
    // No race: the child can end but stays in the table, under its number, until it is reaped.
    // SAFETY: a plain system call; on success it returns a new descriptor, closed on exec.
    let opened = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as libc::c_int);
    match opened {
        // SAFETY: the descriptor is open and nobody else owns it.
        Ok(opened) => Ok(Process::new(pid as u32, unsafe {
            OwnedFd::from_raw_fd(opened as RawFd)
        })),
        Err(error) => {
            // SAFETY: `pid` is our child and not reaped yet, so the number is its own.
            unsafe {
                libc::kill(pid, libc::SIGKILL);
                libc::waitpid(pid, std::ptr::null_mut(), 0);
            }
            Err(error)
        }
    }
}

/// Blocks until a descriptor is readable (or at its end), or the time is over; says for each
/// whether it is.
pub(crate) fn wait_readable(
    descriptors: &[BorrowedFd<'_>],
    limit: Option<Duration>,
) -> io::Result<Vec<bool>> {
    let mut entries: Vec<libc::pollfd> = descriptors
        .iter()
        .map(|descriptor| libc::pollfd {
            fd: descriptor.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let milliseconds = limit.map_or(-1, |limit| {
        limit.as_millis().try_into().unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: `entries` is a valid array of that length.
    retry(|| {
        check(unsafe {
            libc::poll(
                entries.as_mut_ptr(),
                entries.len() as libc::nfds_t,
                milliseconds,
            )
        })
    })?;
    Ok(entries.iter().map(|entry| entry.revents != 0).collect())
}
