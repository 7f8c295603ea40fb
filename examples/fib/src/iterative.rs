//! Fibonacci from the beginning: one addition for each number, of integers that grow.

use std::mem::swap;

use num_bigint::BigUint;

/// Computes the number in the thread that calls.
pub fn fib(n: u32) -> BigUint {
    let (mut this, mut next) = (BigUint::from(0u32), BigUint::from(1u32));
    for _ in 0..n {
        this += &next;
        swap(&mut this, &mut next);
    }
    this
}

/// The same as a task. It waits for nothing: once begun, it keeps the loop until its end.
pub async fn fib_in_task(n: u32) -> BigUint {
    fib(n)
}
