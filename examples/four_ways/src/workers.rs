//! Worker processes for computing, which give way to the loop.

use std::io;

use roundelay::ProcessPool;
use rustix::process::nice;

/// So much nicer than the loop are the workers: enough that it gets a processor as soon as it wants one.
const NICER: i32 = 10;

/// Makes a pool whose workers compute with what the loop leaves them of the processors, should they have to share.
///
/// # Errors
/// If no loop runs on this thread.
pub fn computing_pool(workers: usize) -> io::Result<ProcessPool> {
    let builder = ProcessPool::builder().workers(workers);
    builder.initializer(give_way, ()).build()
}

/// Runs in each worker when it begins. Where it is not allowed, the worker computes all the same.
fn give_way((): ()) {
    let _ = nice(NICER);
}
