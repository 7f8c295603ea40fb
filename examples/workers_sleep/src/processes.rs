//! The version with processes: as the one with threads, but each worker has a process to itself.

use std::thread;
use std::time::Duration;

use four_ways::{Result, Watch};
use roundelay::{ProcessPool, as_completed};

fn nap((worker, time): (usize, Duration)) -> usize {
    thread::sleep(time);
    worker
}

/// Takes all naps in a pool of worker processes; returns the workers as they finish.
pub fn all_naps(naps: &[Duration], watch: &Watch) -> Result<Vec<usize>> {
    watch.run(async {
        let pool = ProcessPool::new(naps.len())?;
        let naps = naps.iter().zip(1..).map(|(&time, worker)| {
            let nap = pool.submit(nap, (worker, time));
            watch.counted(nap)
        });
        let mut naps = as_completed(naps);
        let mut finished = Vec::new();
        while let Some(worker) = naps.next().await {
            finished.push(worker??);
        }
        Ok(finished)
    })
}
