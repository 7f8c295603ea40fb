//! Faults of every kind, at any moment, from inside and from outside: each call ends once and with the right error,
//! the pool is whole afterwards, and nothing is left.
//!
//! The draws come from a seed, which is printed; `ROUNDELAY_SEED=7` sets it. `ROUNDELAY_FAULTS=all` does the full
//! number of rounds where the usual run does fewer.

#![cfg(feature = "process")]

#[allow(dead_code, reason = "shared with another program of tests")]
#[path = "../process_pool/acts.rs"]
mod acts;
mod draws;
mod hosts;
mod jobs;
mod moment_of_the_reply;
mod parents;
mod random_jobs;
#[allow(dead_code, reason = "shared with another program of tests")]
#[path = "../process_pool/watch.rs"]
mod watch;
