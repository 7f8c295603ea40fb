//! A single-threaded async runtime that reproduces asyncio's event-loop model.
//!
//! ```
//! use roundelay::{gather, sleep, run};
//! use std::time::Duration;
//!
//! async fn nap(n: u64) -> u64 {
//!     sleep(Duration::from_millis(n)).await;
//!     n
//! }
//!
//! let naps = run(async { gather([nap(3), nap(1), nap(2)]).await });
//! assert_eq!(naps.unwrap(), [3, 1, 2]);
//! ```
//!
//! # The map
//!
//! Imports point one way: `testing → runner → net → pool → handle → task → io, time, sync, context, trace → event_loop → sys, error`.
//!
//! | module | what it is |
//! |---|---|
//! | [`testing`] | virtual time for tests, a cancel at every await |
//! | `runner` | [`run`], [`Runtime`], [`Builder`] |
//! | `handle` | [`Handle`], [`RemoteHandle`] |
//! | [`task`] | [`spawn`], [`JoinHandle`], [`yield_now`], [`gather`], [`wait`], [`as_completed`] |
//! | [`time`] | [`sleep`], [`timeout`] |
//! | [`context`] | [`ContextVar`]: values that tasks inherit |
//! | [`sync`] | [`Promise`](sync::Promise), [`Event`](sync::Event), [`Lock`](sync::Lock), [`Condition`](sync::Condition), [`Semaphore`](sync::Semaphore), [`Barrier`](sync::Barrier), [`Queue`](sync::Queue) |
//! | [`net`], [`io`] | TCP; any pollable descriptor |
//! | [`pool`] | blocking work in threads and in worker processes |
//! | [`trace`] | seeing a run: its log, and what is made of it |
//! | `event_loop` | the engine room: the turn, tasks, wakers, timers, the reactor |
//!
//! To read the engine room, begin with `event_loop/ready_queue.rs` and go on as `event_loop/mod.rs` says. DESIGN.md says
//! how it works.

pub mod context;
pub mod error;
mod event_loop;
mod handle;
pub mod io;
pub mod net;
pub mod pool;
mod runner;
pub mod sync;
mod sys;
pub mod task;
pub mod testing;
pub mod time;
pub mod trace;

#[cfg(feature = "hyper")]
pub mod hyper;

/// The README's code is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub use context::ContextVar;
pub use error::{
    CancelReason, Cancelled, Closed, Deadlock, DeadlockedTask, DeadlockedWait, Elapsed, JoinError,
    RunError, Unhandled, Verdict,
};
pub use event_loop::event::Event as LoopEvent;
pub use event_loop::observer::{JobEnd, JobId, Observer, TaskId, WorkerId};
pub use handle::{CallHandle, Handle, RemoteHandle, RemoteJoin};
#[cfg(feature = "process")]
pub use pool::process::{Job, PoolError, ProcessPool};
pub use pool::{spawn_blocking, to_thread};
pub use runner::{Builder, Runtime, run, try_run};
pub use task::{
    JoinHandle, TaskInfo, WaitMode, as_completed, cancel_current, catch_cancel, gather,
    gather_handles, scope, shield, spawn, spawn_eager, task_group, tasks, try_gather, wait,
    wait_for, yield_now,
};
pub use time::{sleep, sleep_until, timeout, timeout_at};
