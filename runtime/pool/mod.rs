//! Pools: blocking work off the loop, in threads and in worker processes.

#[cfg(feature = "process")]
mod error;
#[cfg(feature = "process")]
pub mod process;
mod threads;

#[cfg(feature = "process")]
pub use error::{Full, Payload, PoolError};
pub use threads::{JobHandle, ThreadPool, spawn_blocking, to_thread};
