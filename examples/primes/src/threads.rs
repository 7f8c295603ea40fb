//! The version with threads: as many numbers at a time as there are workers.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;

use crate::Plan;
use crate::prime::is_prime;

/// Looks at all numbers in a pool of threads; the loop hands out the work and waits.
pub fn all_primes(plan: &Plan, watch: &Watch) -> Result<Vec<bool>> {
    watch.run(async {
        let pool = ThreadPool::new(plan.workers);
        let answers = pool.map(is_prime, plan.numbers.clone());
        Ok(watch.collected(answers).await?)
    })
}
