//! The version with threads: as many sums at a time as there are workers. No lock stands between them,
//! as Python's does.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;

use crate::Plan;
use crate::squares::sum_of_squares;

/// Computes all sums in a pool of threads; the loop hands out the work and waits.
pub fn all_sums(plan: &Plan, watch: &Watch) -> Result<Vec<u128>> {
    watch.run(async {
        let pool = ThreadPool::new(plan.workers);
        // Each takes long enough to be handed out by itself.
        let sums = pool.map(sum_of_squares, plan.numbers.clone()).chunk_size(1);
        Ok(watch.collected(sums).await?)
    })
}
