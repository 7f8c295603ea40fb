//! The sequential version: one number after the other.

use four_ways::{Result, Watch};

use crate::Plan;

/// Computes all numbers in the calling thread.
pub fn all_fibs<T, F>(plan: &Plan<T, F>, watch: &Watch) -> Result<Vec<T>> {
    let fibs = plan.numbers.iter().map(|&n| {
        let number = (plan.fib)(n);
        watch.step();
        number
    });
    Ok(fibs.collect())
}
