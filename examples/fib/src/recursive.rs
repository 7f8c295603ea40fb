//! Fibonacci as it is defined: each number is the sum of two others, down to the first ones. It takes as
//! many calls as the number is large.

/// Computes the number in the thread that calls.
pub fn fib(n: u32) -> u64 {
    if n < 2 {
        return n.into();
    }
    fib(n - 1) + fib(n - 2)
}

/// The same as a task, every call a future of its own, on the heap, since a future cannot hold itself.
/// There is an `await` at each, and yet no other task gets a turn: nothing ever waits.
pub async fn fib_in_task(n: u32) -> u64 {
    if n < 2 {
        return n.into();
    }
    Box::pin(fib_in_task(n - 1)).await + Box::pin(fib_in_task(n - 2)).await
}
