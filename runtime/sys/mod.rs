//! System calls in safe wrappers: with the cells and wakers of the event loop, the one place for `unsafe`.

pub(crate) mod alarm;
pub(crate) mod clock;
pub(crate) mod fork_guard;
#[cfg(feature = "hyper")]
pub(crate) mod hyper_buffer;
