//! A timer descriptor: it ends a poll at a nanosecond, where epoll itself counts milliseconds.
//!
//! Unlike a finer poll call it is not subject to the thread's timer slack (50 us unless changed), and leaves
//! the thread's settings alone.

#![allow(unsafe_code)]

use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub(crate) struct Alarm {
    timer: OwnedFd,
}

impl Alarm {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointers; a result that is not negative is a new descriptor that is ours.
        unsafe {
            let fd = libc::timerfd_create(
                libc::CLOCK_MONOTONIC,
                libc::TFD_NONBLOCK | libc::TFD_CLOEXEC,
            );
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Alarm {
                timer: OwnedFd::from_raw_fd(fd),
            })
        }
    }

    /// Makes the descriptor readable after so many nanoseconds, and not at a time that was set before.
    pub(crate) fn set(&mut self, nanoseconds: u64) -> io::Result<()> {
        // Zero would switch the timer off.
        let nanoseconds = nanoseconds.max(1);
        let time = libc::itimerspec {
            it_interval: libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: libc::timespec {
                tv_sec: (nanoseconds / 1_000_000_000) as libc::time_t,
                tv_nsec: (nanoseconds % 1_000_000_000) as libc::c_long,
            },
        };
        // SAFETY: the descriptor is ours, `time` is valid, and no old value is asked for.
        let result = unsafe {
            libc::timerfd_settime(self.timer.as_raw_fd(), 0, &time, std::ptr::null_mut())
        };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

impl Source for Alarm {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.timer.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.timer.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.timer.as_raw_fd()).deregister(registry)
    }
}
