//! The version with threads: the first result is there at once, but a thread that has begun goes on to its
//! end, whether anybody wants the result or not, and the pool's end waits for it.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;
use roundelay::{WaitMode, spawn, wait};

use crate::nap::nap;

/// Returns the nap that is over first; the others are cancelled, which does not stop their threads.
pub fn first(naps: &[f64], watch: &Watch) -> Result<f64> {
    watch.say("threads:");
    watch.run(async {
        let pool = ThreadPool::new(naps.len());
        let start = |&seconds| spawn(pool.submit(move || nap(seconds)));
        let naps = naps.iter().map(start).collect();
        let (done, pending) = wait(naps, WaitMode::FirstCompleted).await;
        for nap in &pending {
            nap.cancel();
        }
        pool.shutdown().await;
        watch.stop_clock();
        let winner = done.into_iter().next().expect("one is done");
        Ok(winner.await??)
    })
}
