//! The version with processes: as the one with threads, but each worker has a process to itself, and
//! numbers come back as bytes.

use four_ways::{Result, Watch, computing_pool};
use roundelay::try_gather;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Plan;

/// Computes all numbers in a pool of worker processes; the loop hands out the work and waits.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>>
where
    T: Serialize + DeserializeOwned + 'static,
{
    watch.run(async {
        let pool = computing_pool(plan.workers)?;
        let fibs = plan.numbers.iter().map(|&n| {
            let number = pool.submit(plan.fib, n);
            watch.counted(number)
        });
        Ok(try_gather(fibs).await?)
    })
}
