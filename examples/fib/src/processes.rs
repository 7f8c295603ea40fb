//! The version with processes: as the one with threads, but each worker has a process to itself, and
//! numbers come back as bytes.

use four_ways::{Result, Watch};
use roundelay::ProcessPool;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Plan;

/// Computes all numbers in a pool of worker processes; the loop hands out the work and waits.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>>
where
    T: Serialize + DeserializeOwned + 'static,
{
    watch.run(async {
        let pool = ProcessPool::new(plan.workers)?;
        let fibs = pool.map(plan.fib, plan.numbers.clone());
        Ok(watch.collected(fibs).await?)
    })
}
