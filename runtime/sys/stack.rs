//! The stack of another thread of this process, as bare addresses: a signal asks the thread, and its handler writes them down.
//!
//! ```text
//!   ① ask           ② the handler claims     ③ written
//!  0 ────▶ thread ──────────────────────▶ 0, ─────────▶ done
//!           │ ④ withdrawn: it came too late
//!           └────▶ 0
//! ```
//! The signal is SIGURG, which by default does nothing. The handler takes no lock of ours and allocates nothing. The unwinder that it calls is the
//! compiler's, which finds its tables without a lock from glibc 2.35 on; before, it takes the dynamic linker's, which a thread
//! can take twice.

#![allow(unsafe_code)]

use super::interrupt::disposition;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// No more frames are kept.
const MOST: usize = 96;

/// How often to look for the answer, a millisecond apart. A thread that does not run cannot give one.
const LOOKS: usize = 50;

/// The thread that is asked; 0 for none. Stored with Release by `sample`, taken with Acquire by the handler.
static ASKED: AtomicI32 = AtomicI32::new(0);
/// Where the thread was when the signal came. Written by the handler, like the next two.
static FRAMES: [AtomicUsize; MOST] = [const { AtomicUsize::new(0) }; MOST];
/// How many of these hold a frame.
static LENGTH: AtomicUsize = AtomicUsize::new(0);
/// Whether they are complete. Stored with Release by the handler; `sample` loads it with Acquire, and sees them.
static DONE: AtomicBool = AtomicBool::new(false);
/// One thread asks at a time. Holds whether the handler is there, once that is known.
static TURN: Mutex<Option<bool>> = Mutex::new(None);

/// Returns the addresses at which a thread of this process is, the innermost first, those of the handler included. `None` if the thread
/// gives no answer, or the program has an action of its own for SIGURG.
pub(crate) fn sample(thread: i32) -> Option<Vec<usize>> {
    let mut turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !*turn.get_or_insert_with(install) {
        return None;
    }
    DONE.store(false, Ordering::Relaxed);
    ASKED.store(thread, Ordering::Release);
    // SAFETY: the call takes numbers. The signal's action is our handler or, if the program replaced it, the program's.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGURG) };
    for _ in 0..LOOKS {
        if sent != 0 || DONE.load(Ordering::Acquire) {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    let withdrawn = ASKED.compare_exchange(thread, 0, Ordering::Relaxed, Ordering::Relaxed);
    if withdrawn.is_ok() {
        return None;
    }
    // The handler has begun, and ends soon.
    while !DONE.load(Ordering::Acquire) {
        thread::sleep(Duration::from_millis(1));
    }
    let length = LENGTH.load(Ordering::Relaxed);
    let frames = FRAMES[..length].iter();
    Some(frames.map(|frame| frame.load(Ordering::Relaxed)).collect())
}

/// Puts the handler in the place of the default action, and says whether it is there.
fn install() -> bool {
    if !matches!(disposition(libc::SIGURG), Ok(libc::SIG_DFL | libc::SIG_IGN)) {
        return false;
    }
    // The unwinder's first use may load and allocate: not in the handler.
    walk(&mut |_| true);
    // SAFETY: all zeros are valid for what consists of numbers; the handler does only what a handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as extern "C" fn(i32) as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGURG, &action, null_mut()) == 0
    }
}

/// Calls `f` with the address of each frame, until it says no.
fn walk(f: &mut dyn FnMut(usize) -> bool) {
    // SAFETY: what must not run at the same time on several threads is the finding of names, and none are looked for.
    unsafe { backtrace::trace_unsynchronized(|frame| f(frame.ip() as usize)) }
}

extern "C" fn on_signal(_signal: i32) {
    let id = super::thread::id();
    let claimed = ASKED.compare_exchange(id, 0, Ordering::Acquire, Ordering::Relaxed);
    if claimed.is_err() {
        return;
    }
    let mut length = 0;
    walk(&mut |address| {
        FRAMES[length].store(address, Ordering::Relaxed);
        length += 1;
        length < MOST
    });
    LENGTH.store(length, Ordering::Relaxed);
    DONE.store(true, Ordering::Release);
}
