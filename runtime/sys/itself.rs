//! What a process does to itself: its name, its group, its signals, its descriptors.

#![allow(unsafe_code)]

use super::result::check;
use std::ffi::{CStr, OsStr};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::{env, mem, ptr};

/// The highest signal number of Linux.
const LAST_SIGNAL: libc::c_int = 64;

/// Returns whether the calling thread is the only one of the process.
pub(crate) fn is_single_threaded() -> io::Result<bool> {
    Ok(fs::read_dir("/proc/self/task")?.count() == 1)
}

/// Removes an environment variable; for a process of one thread.
pub(crate) fn remove_variable(name: &OsStr) {
    // SAFETY: the zygote calls this first of all, before the process has a second thread that could
    // read the environment at the same moment.
    unsafe { env::remove_var(name) }
}

/// Closes every descriptor above standard error but one.
///
/// For a process that has just begun (a zygote, a worker): what else is open came over by mistake
/// or belongs to the process this one was forked from. Values that own such a descriptor must not
/// be dropped after.
pub(crate) fn keep_only(kept: BorrowedFd<'_>) -> io::Result<()> {
    let kept = kept.as_raw_fd() as libc::c_uint;
    for (first, last) in [(3, kept - 1), (kept + 1, libc::c_uint::MAX)] {
        if first <= last {
            // SAFETY: the caller promises that nobody uses or closes these descriptors any more.
            check(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } as libc::c_int)?;
        }
    }
    Ok(())
}

/// Takes what is on standard input, and puts `/dev/null` in its place.
pub(crate) fn take_stdin() -> io::Result<OwnedFd> {
    // SAFETY: duplicating has no effect on memory.
    let copy = check(unsafe { libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the call succeeded: the copy is open and nobody else owns it.
    let copy = unsafe { OwnedFd::from_raw_fd(copy) };
    let nothing = File::open("/dev/null")?;
    // SAFETY: both are open; standard input is nobody's property, it can be replaced.
    check(unsafe { libc::dup2(nothing.as_raw_fd(), 0) })?;
    Ok(copy)
}

/// Puts a descriptor in the place of standard error.
pub(crate) fn replace_stderr(with: OwnedFd) -> io::Result<()> {
    // SAFETY: standard error is nobody's property, it can be replaced.
    check(unsafe { libc::dup2(with.as_raw_fd(), libc::STDERR_FILENO) })?;
    Ok(())
}

/// Opens `/dev/null` for each of the three standard descriptors that is closed, as std does before
/// `main`. Else the next socket would stand in its place, and be printed to.
pub(crate) fn fill_standard() -> io::Result<()> {
    for place in 0..3 {
        // SAFETY: a plain system call.
        if unsafe { libc::fcntl(place, libc::F_GETFD) } != -1 {
            continue;
        }
        // SAFETY: the path ends with a zero byte. The lowest free number is taken, which is `place`:
        // those below it are open.
        check(unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) })?;
    }
    Ok(())
}

/// Leaves the parent's process group, so that Ctrl-C in a terminal reaches only the parent.
pub(crate) fn leave_process_group() -> io::Result<()> {
    // SAFETY: a plain system call about the caller.
    check(unsafe { libc::setpgid(0, 0) })?;
    Ok(())
}

/// Gives every ignored signal its default action back and unblocks all; then ignores SIGPIPE, as
/// Rust does.
///
/// Handlers do not outlive an exec, ignored and blocked signals do. A handler found here is std's
/// own (it reports an overflow of the stack) and stays.
pub(crate) fn reset_signals() {
    // SAFETY: all pointers are to locals; all zeroes is a valid `sigaction` and `sigset_t`. No
    // handler of ours is installed, only SIG_DFL and SIG_IGN. Signals that cannot be changed give
    // an error: ignored.
    unsafe {
        for signal in 1..=LAST_SIGNAL {
            let mut action: libc::sigaction = mem::zeroed();
            let known = libc::sigaction(signal, ptr::null(), &mut action) == 0;
            if known && action.sa_sigaction == libc::SIG_IGN {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        let mut none: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
    }
}

/// Sets the name that `ps` and `top` show for the process; at most 15 bytes are kept.
pub(crate) fn set_name(name: &CStr) {
    // SAFETY: the name ends with a zero byte; the kernel reads at most 16 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Asks to be killed when the parent ends; `parent` is who that should be.
///
/// Returns false when the parent was gone before the wish was heard: the caller must then end by
/// itself. "The parent" is the *thread* that forked. So this is only for a child of a process of
/// one thread.
pub(crate) fn die_with_parent(parent: u32) -> io::Result<bool> {
    // SAFETY: plain system calls about the caller.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) })?;
    Ok(std::os::unix::process::parent_id() == parent)
}
