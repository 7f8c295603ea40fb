//! The thread pool: what becomes of calls, of threads, and of the pool's end.

#[path = "../support/mod.rs"]
mod support;

mod blocking;
mod calls;
mod endings;
mod lives;
mod places;
