//! The version with threads: as many numbers at a time as there are workers.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;
use roundelay::try_gather;

use crate::Plan;
use crate::prime::is_prime;

/// Looks at all numbers in a pool of threads; the loop hands out the work and waits.
pub fn all_primes(plan: &Plan, watch: &Watch) -> Result<Vec<bool>> {
    watch.run(async {
        let pool = ThreadPool::new(plan.workers);
        let answers = plan.numbers.iter().map(|&number| {
            let answer = pool.submit(move || is_prime(number));
            watch.counted(answer)
        });
        Ok(try_gather(answers).await?)
    })
}
