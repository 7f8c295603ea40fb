//! The version with processes: as the one with threads, but each worker has a process to itself.

use four_ways::{Result, Watch, computing_pool};
use roundelay::try_gather;

use crate::Plan;
use crate::squares::sum_of_squares;

/// Computes all sums in a pool of worker processes; the loop hands out the work and waits.
pub fn all_sums(plan: &Plan, watch: &Watch) -> Result<Vec<u128>> {
    watch.run(async {
        let pool = computing_pool(plan.workers)?;
        let sums = plan.numbers.iter().map(|&number| {
            let sum = pool.submit(sum_of_squares, number);
            watch.counted(sum)
        });
        Ok(try_gather(sums).await?)
    })
}
