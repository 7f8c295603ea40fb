//! The version with threads: as many numbers at a time as there are workers.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;

use crate::Plan;

/// Computes all numbers in a pool of threads; the loop hands out the work and waits.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>>
where
    T: Send + 'static,
{
    watch.run(async {
        let pool = ThreadPool::new(plan.workers);
        let fibs = pool.map(plan.fib, plan.numbers.clone());
        Ok(watch.collected(fibs).await?)
    })
}
