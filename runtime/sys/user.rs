//! Whose process this is.

#![allow(unsafe_code)]

/// Returns the number of the user in whose name this process acts.
pub(crate) fn effective() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}
