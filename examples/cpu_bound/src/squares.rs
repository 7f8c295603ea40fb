//! The work: a sum of squares.

use std::hint::black_box;

/// Adds i * i for all i below `number`.
pub fn sum_of_squares(number: u64) -> u128 {
    // Looked at after each step: the compiler would otherwise find the formula, and there were nothing to do.
    (0..number).fold(0, |sum, i| black_box(sum + u128::from(i) * u128::from(i)))
}
