//! The primitives of `roundelay::sync`: who goes on when, as CPython 3.13 prints it; what is kept when a wait is
//! dropped; what is said when they are misused.

#[path = "../support/mod.rs"]
mod support;
mod trace;

mod barriers;
mod conditions;
mod costs;
mod drops;
mod locks;
mod passed_over;
mod promises;
mod queues;
mod reentrancy;
mod semaphores;
