//! SIGQUIT while a loop is live: it is noted in a pipe. While none is, it has its default effect.
//!
//! As with SIGINT, what signal-hook has put in the place of the default disposition stays, so that the default effect is
//! imitated from then on.

use super::interrupt::disposition;
use signal_hook::consts::SIGQUIT;
use signal_hook::{SigId, flag, low_level};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Whether SIGQUIT has its default effect.
static DEFAULT: AtomicBool = AtomicBool::new(true);

/// How many listen, and the process's handler once our action is registered: signal-hook's.
static LISTENERS: Mutex<(usize, Option<usize>)> = Mutex::new((0, None));

/// While it lives, SIGQUIT is noted rather than ends the process.
pub(crate) struct Quit {
    /// The action that writes to the pipe.
    wake: SigId,
}

impl Quit {
    /// Begins to note SIGQUIT in the pipe; `None` if the program has set a disposition of its own.
    pub(crate) fn begin(pipe: UnixStream) -> io::Result<Option<Self>> {
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        let now = disposition(SIGQUIT)?;
        match listeners.1 {
            Some(ours) if now == ours => {}
            None if now == libc::SIG_DFL => {
                flag::register_conditional_default(SIGQUIT, &DEFAULT)?;
                listeners.1 = Some(disposition(SIGQUIT)?);
            }
            _ => return Ok(None),
        }
        let wake = low_level::pipe::register(SIGQUIT, pipe)?;
        listeners.0 += 1;
        DEFAULT.store(false, Ordering::SeqCst);
        Ok(Some(Quit { wake }))
    }
}

impl Drop for Quit {
    fn drop(&mut self) {
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.0 -= 1;
        if listeners.0 == 0 {
            DEFAULT.store(true, Ordering::SeqCst);
        }
        low_level::unregister(self.wake);
    }
}
