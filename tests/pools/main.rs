//! What both pools share: one interface, maps, statistics, and what an observer sees.

#![cfg(feature = "process")]

#[allow(dead_code, reason = "shared with `process_pool`")]
#[path = "../process_pool/watch.rs"]
mod watch;

mod blocking;
mod interface;
mod map;
mod observed;
mod stats;
