//! System calls in safe wrappers: with the cells and wakers of the event loop, the one place for `unsafe`.

pub(crate) mod alarm;
#[cfg(feature = "process")]
pub(crate) mod child;
pub(crate) mod clock;
#[cfg(feature = "process")]
pub(crate) mod code;
pub(crate) mod fork_guard;
#[cfg(feature = "hyper")]
pub(crate) mod hyper_buffer;
pub(crate) mod interrupt;
#[cfg(feature = "process")]
pub(crate) mod itself;
#[cfg(feature = "process")]
pub(crate) mod memory;
#[cfg(feature = "process")]
pub(crate) mod packet;
pub(crate) mod prefetch;
pub(crate) mod quit;
#[cfg(feature = "process")]
mod result;
#[cfg(feature = "process")]
pub(crate) mod shared_memory;
#[cfg(feature = "stall")]
pub(crate) mod stack;
pub(crate) mod thread;
pub(crate) mod user;
pub(crate) mod wait;
