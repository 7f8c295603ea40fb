//! The version with processes: cancelling a call kills the worker process that runs it, in the middle of
//! a blocking call or of an endless loop. The pool goes on, with a new worker in its place.

use four_ways::{Result, Watch};
use roundelay::{ProcessPool, WaitMode, sleep, spawn, wait};

use crate::nap::{nap, until_all_would_wake};

/// Returns the nap that is over first; the others' workers are killed.
pub fn first(naps: &[f64], watch: &Watch) -> Result<f64> {
    watch.say("processes:");
    watch.run(async {
        let all_awake = sleep(until_all_would_wake(naps));
        let pool = ProcessPool::new(naps.len())?;
        let start = |&seconds| spawn(pool.submit(nap, seconds));
        let naps = naps.iter().map(start).collect();
        let (done, pending) = wait(naps, WaitMode::FirstCompleted).await;
        for nap in &pending {
            nap.cancel();
        }
        watch.stop_clock();
        // The pool is still open: were the others not gone, they would tell now that they woke.
        all_awake.await;
        let winner = done.into_iter().next().expect("one is done");
        Ok(winner.await??)
    })
}
