//! Pools: blocking work off the loop, in threads and in worker processes.

#[cfg(feature = "process")]
pub mod process;
mod threads;

pub use threads::{JobHandle, ThreadPool, spawn_blocking, to_thread};
