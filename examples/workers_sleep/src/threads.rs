//! The version with threads: each worker naps in a thread of its own.

use std::thread;
use std::time::Duration;

use four_ways::{Result, Watch};
use roundelay::as_completed;
use roundelay::pool::ThreadPool;

fn nap(worker: usize, time: Duration) -> usize {
    thread::sleep(time);
    worker
}

/// Takes all naps in a pool of threads; returns the workers as they finish.
pub fn all_naps(naps: &[Duration], watch: &Watch) -> Result<Vec<usize>> {
    watch.run(async {
        let pool = ThreadPool::new(naps.len());
        let naps = naps.iter().zip(1..).map(|(&time, worker)| {
            let nap = pool.submit(move || nap(worker, time));
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
