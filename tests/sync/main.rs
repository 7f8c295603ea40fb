//! The primitives of `roundelay::sync`: who goes on when, as CPython 3.13 prints it; what is kept when a wait is
//! dropped; what is said when they are misused.

mod trace;

mod barriers;
mod conditions;
mod locks;
mod promises;
mod semaphores;
