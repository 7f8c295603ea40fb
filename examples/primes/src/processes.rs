//! The version with processes: as the one with threads, but each worker has a process to itself.

use four_ways::{Result, Watch};
use roundelay::ProcessPool;

use crate::Plan;
use crate::prime::is_prime;

/// Looks at all numbers in a pool of worker processes; the loop hands out the work and waits.
pub fn all_primes(plan: &Plan, watch: &Watch) -> Result<Vec<bool>> {
    watch.run(async {
        let pool = ProcessPool::new(plan.workers)?;
        let answers = pool.map(is_prime, plan.numbers.clone());
        Ok(watch.collected(answers).await?)
    })
}
