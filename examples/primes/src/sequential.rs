//! The sequential version: one number after the other.

use four_ways::{Result, Watch};

use crate::Plan;
use crate::prime::is_prime;

/// Looks at all numbers in the calling thread.
pub fn all_primes(plan: &Plan, watch: &Watch) -> Result<Vec<bool>> {
    let answers = plan.numbers.iter().map(|&number| {
        let answer = is_prime(number);
        watch.step();
        answer
    });
    Ok(answers.collect())
}
