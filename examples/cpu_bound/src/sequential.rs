//! The sequential version: one sum after the other.

use four_ways::{Result, Watch};

use crate::Plan;
use crate::squares::sum_of_squares;

/// Computes all sums in the calling thread.
pub fn all_sums(plan: &Plan, watch: &Watch) -> Result<Vec<u128>> {
    let sums = plan.numbers.iter().map(|&number| {
        let sum = sum_of_squares(number);
        watch.step();
        sum
    });
    Ok(sums.collect())
}
