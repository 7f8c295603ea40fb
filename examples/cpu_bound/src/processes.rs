//! The version with processes: as the one with threads, but each worker has a process to itself.

use four_ways::{Result, Watch};
use roundelay::ProcessPool;

use crate::Plan;
use crate::squares::sum_of_squares;

/// Computes all sums in a pool of worker processes; the loop hands out the work and waits.
pub fn all_sums(plan: &Plan, watch: &Watch) -> Result<Vec<u128>> {
    watch.run(async {
        let pool = ProcessPool::new(plan.workers)?;
        // Each takes long enough to be handed out by itself.
        let sums = pool.map(sum_of_squares, plan.numbers.clone()).chunk_size(1);
        Ok(watch.collected(sums).await?)
    })
}
