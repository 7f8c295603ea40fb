//! The pool of worker processes: what becomes of calls, of workers, and of what they leave behind.
//!
//! Every test runs alone and compares the process's descriptors and the processes of this program
//! before and after: nothing may be left.

#![cfg(feature = "process")]

#[allow(dead_code, reason = "shared with `pool_faults`")]
mod acts;
mod busy_poll;
mod deaths;
mod endings;
mod failures;
mod large;
mod last_words;
mod limits;
mod lives;
mod payloads;
mod results;
mod shutdown;
mod watch;
