//! What the system knows of one thread of this process: how long it ran, how long it stood in the system's own queue, where it sleeps.

#![allow(unsafe_code)]

use super::clock;
use std::fs;

/// A thread's figures at one moment, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// The machine's clock.
    pub(crate) wall: u64,
    /// How long it ran.
    pub(crate) cpu: u64,
    /// How long it could have run and stood in the system's queue; 0 where the system does not count that.
    pub(crate) delayed: u64,
}

/// Returns the number of the thread that calls.
pub(crate) fn id() -> i32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::gettid() }
}

/// Reads a thread's figures.
pub(crate) fn figures(thread: i32) -> Figures {
    Figures {
        wall: clock::now(),
        cpu: cpu(thread),
        delayed: delayed(thread).unwrap_or(0),
    }
}

/// A thread's processor time: exact, where the figure in `/proc` moves with the system's ticks. 0 if the thread is gone.
fn cpu(thread: i32) -> u64 {
    // What `pthread_getcpuclockid` makes of a thread: the bits say that it is a thread's, and of its time by the scheduler.
    let clock = (!thread << 3) | 4 | 2;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the result; a clock that does not exist is refused.
    match unsafe { libc::clock_gettime(clock, &mut time) } {
        0 => time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64,
        _ => 0,
    }
}

fn read(thread: i32, file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/self/task/{thread}/{file}")).ok()
}

fn delayed(thread: i32) -> Option<u64> {
    let figures = read(thread, "schedstat")?;
    figures.split_whitespace().nth(1)?.parse().ok()
}

/// Says where a thread sleeps in the system: the kernel's function if that is told, else the number of the system call. `None` if
/// it runs.
pub(crate) fn sleeps_in(thread: i32) -> Option<String> {
    let stat = read(thread, "stat")?;
    let (_, figures) = stat.rsplit_once(')')?;
    if !matches!(figures.split_whitespace().next()?, "S" | "D") {
        return None;
    }
    let function = read(thread, "wchan").unwrap_or_default();
    if !matches!(function.as_str(), "" | "0") {
        return Some(function);
    }
    let call = read(thread, "syscall").unwrap_or_default();
    Some(match call.split_whitespace().next() {
        Some(number) if number.parse::<u32>().is_ok() => format!("system call {number}"),
        _ => "a system call".to_owned(),
    })
}
