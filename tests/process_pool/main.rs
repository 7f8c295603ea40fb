//! The pool of worker processes: what becomes of calls, of workers, and of what they leave behind.
//!
//! Every test runs alone and compares the process's descriptors and the processes of this program
//! before and after: nothing may be left.

#![cfg(feature = "process")]

mod acts;
mod busy_poll;
mod deaths;
mod endings;
mod failures;
mod large;
mod payloads;
mod results;
mod watch;
