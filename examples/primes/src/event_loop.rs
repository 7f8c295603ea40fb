//! The version with an event loop: one task for each number, and each of them BLOCKS the loop. Do not do
//! this: it is no faster than one after the other, and nothing else gets a turn.

use four_ways::{Result, Watch};
use roundelay::{spawn, try_gather};

use crate::Plan;
use crate::prime;

/// Waits for nothing, so there is no `await` in it: once begun, it keeps the loop until its end.
async fn is_prime(n: u64) -> bool {
    prime::is_prime(n)
}

/// Looks at all numbers on this thread's event loop.
pub fn all_primes(plan: &Plan, watch: &Watch) -> Result<Vec<bool>> {
    watch.run(async {
        let answers = plan.numbers.iter().map(|&number| {
            let answer = spawn(is_prime(number));
            watch.counted(answer)
        });
        Ok(try_gather(answers).await?)
    })
}
