//! The version with an event loop: each worker is a task, and naps without keeping the loop.

use std::time::Duration;

use four_ways::{Result, Watch};
use roundelay::{as_completed, sleep, spawn};

async fn nap(worker: usize, time: Duration) -> usize {
    sleep(time).await;
    worker
}

/// Takes all naps on this thread's event loop; returns the workers as they finish.
pub fn all_naps(naps: &[Duration], watch: &Watch) -> Result<Vec<usize>> {
    watch.run(async {
        let naps = naps.iter().zip(1..).map(|(&time, worker)| {
            let nap = spawn(nap(worker, time));
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
