//! The version with an event loop: one task for each sum, and each of them BLOCKS the loop. Do not do
//! this: it is no faster than one after the other, and nothing else gets a turn.

use four_ways::{Result, Watch};
use roundelay::{spawn, try_gather};

use crate::Plan;
use crate::squares;

/// Waits for nothing, so there is no `await` in it: once begun, it keeps the loop until its end.
async fn sum_of_squares(number: u64) -> u128 {
    squares::sum_of_squares(number)
}

/// Computes all sums on this thread's event loop.
pub fn all_sums(plan: &Plan, watch: &Watch) -> Result<Vec<u128>> {
    watch.run(async {
        let sums = plan.numbers.iter().map(|&number| {
            let sum = spawn(sum_of_squares(number));
            watch.counted(sum)
        });
        Ok(try_gather(sums).await?)
    })
}
