//! The sequential version: one nap after the other.

use std::thread;
use std::time::Duration;

use four_ways::{Result, Watch};

fn nap(worker: usize, time: Duration) -> usize {
    thread::sleep(time);
    worker
}

/// Takes all naps in the calling thread; returns the workers as they finish.
pub fn all_naps(naps: &[Duration], watch: &Watch) -> Result<Vec<usize>> {
    let mut finished = Vec::new();
    for (&time, worker) in naps.iter().zip(1..) {
        let worker = nap(worker, time);
        watch.step();
        finished.push(worker);
    }
    Ok(finished)
}
