//! The version with threads: as many numbers at a time as there are workers.

use four_ways::{Result, Watch};
use roundelay::pool::ThreadPool;
use roundelay::try_gather;

use crate::Plan;

/// Computes all numbers in a pool of threads; the loop hands out the work and waits.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>>
where
    T: Send + 'static,
{
    watch.run(async {
        let fib = plan.fib;
        let pool = ThreadPool::new(plan.workers);
        let fibs = plan.numbers.iter().map(|&n| {
            let number = pool.submit(move || fib(n));
            watch.counted(number)
        });
        Ok(try_gather(fibs).await?)
    })
}
