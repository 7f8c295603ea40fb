//! The version with an event loop: a task that waits can be cancelled there, and is gone.

use four_ways::{Result, Watch};
use roundelay::{WaitMode, sleep, spawn, wait};

use crate::nap::{nap_in_task, until_all_would_wake};

/// Returns the nap that is over first; the others are cancelled.
pub fn first(naps: &[f64], watch: &Watch) -> Result<f64> {
    watch.say("event loop:");
    watch.run(async {
        let all_awake = sleep(until_all_would_wake(naps));
        let start = |&seconds| spawn(nap_in_task(seconds));
        let naps = naps.iter().map(start).collect();
        let (done, pending) = wait(naps, WaitMode::FirstCompleted).await;
        for nap in &pending {
            nap.cancel();
        }
        watch.stop_clock();
        // Were they not gone, they would tell now that they woke.
        all_awake.await;
        let winner = done.into_iter().next().expect("one is done");
        Ok(winner.await?)
    })
}
