//! The version with an event loop: one task for each number, and each of them BLOCKS the loop. Do not do
//! this: it is no faster than one after the other, and nothing else gets a turn.

use four_ways::{Result, Watch};
use roundelay::{spawn, try_gather};

use crate::Plan;

/// Computes all numbers on this thread's event loop.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>>
where
    T: 'static,
    F: Future<Output = T> + 'static,
{
    watch.run(async {
        let fibs = plan.numbers.iter().map(|&n| {
            let number = spawn((plan.fib_in_task)(n));
            watch.counted(number)
        });
        Ok(try_gather(fibs).await?)
    })
}
