//! Ctrl-C during a run: the first SIGINT is noted and wakes the loop; any other has its default effect.
//!
//! ```text
//!            ① begin              ② SIGINT, noted
//!  DEFAULT ─────────▶ not DEFAULT ────────────────▶ DEFAULT ──③ SIGINT──▶ the process ends
//!     ▲                    │ ④ the run ends            │ ④
//!     └────────────────────┴───────────────────────────┘
//! ```
//! One flag is enough: outside of runs, and after the first SIGINT of one, SIGINT has its default effect. The two
//! actions that do this are registered once and stay, because what signal-hook has put in the place of the default
//! disposition stays too, and would swallow the signal.

#![allow(unsafe_code)]

use signal_hook::consts::SIGINT;
use signal_hook::{SigId, flag, low_level};
use std::io;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the next SIGINT has its default effect. Read and set by the handler, cleared by `begin`, set by `drop`.
static DEFAULT: AtomicBool = AtomicBool::new(true);

/// The process's handler once our actions are registered: signal-hook's.
static HANDLER: Mutex<Option<usize>> = Mutex::new(None);

/// While it lives, the first SIGINT is noted. There is one at a time: only a run of the main thread makes one, and
/// runs do not nest.
pub(crate) struct Interrupt {
    /// The action that wakes the loop.
    wake: SigId,
}

impl Interrupt {
    /// Begins to note SIGINT, which is to wake this poll; `None` if that is not ours to do: on another thread than the
    /// process's main one, or if the program has set a disposition of its own.
    pub(crate) fn begin(poll: &Arc<mio::Waker>) -> io::Result<Option<Self>> {
        if !on_main_thread() {
            return Ok(None);
        }
        let mut handler = HANDLER.lock().unwrap_or_else(PoisonError::into_inner);
        let disposition = disposition(SIGINT)?;
        match *handler {
            Some(ours) if disposition == ours => {}
            None if disposition == libc::SIG_DFL => {
                // In this order: the first SIGINT passes the one and arms it by the other.
                flag::register_conditional_default(SIGINT, &DEFAULT)?;
                flag::register(SIGINT, &DEFAULT)?;
                *handler = Some(self::disposition(SIGINT)?);
            }
            _ => return Ok(None),
        }
        let poll = Arc::clone(poll);
        // SAFETY: in a signal's handler the action may only do what is async-signal-safe: it writes to a descriptor,
        // without a lock and without memory. The descriptor stays open for as long as the action is registered, which
        // owns a share.
        let wake = unsafe {
            low_level::register(SIGINT, move || {
                // A descriptor that cannot be written to is one that wakes already.
                let _ = poll.wake();
            })?
        };
        DEFAULT.store(false, Ordering::SeqCst);
        Ok(Some(Interrupt { wake }))
    }

    /// The flag that says, while this lives, that SIGINT has come.
    pub(crate) fn came(&self) -> &'static AtomicBool {
        &DEFAULT
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        DEFAULT.store(true, Ordering::SeqCst);
        low_level::unregister(self.wake);
    }
}

/// Ends the process as SIGINT does by default, so that whoever started it can tell.
pub(crate) fn die_interrupted() -> ! {
    let _ = low_level::emulate_default_handler(SIGINT);
    std::process::abort()
}

fn on_main_thread() -> bool {
    // SAFETY: the calls take nothing and cannot fail.
    unsafe { libc::getpid() == libc::gettid() }
}

/// The process's disposition of a signal, as a number.
pub(super) fn disposition(signal: i32) -> io::Result<usize> {
    // SAFETY: a null action changes nothing, and the present one is written to a place of its own; all zeros are valid
    // for what consists of numbers.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(signal, null(), &mut now) {
            0 => Ok(now.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }
}
