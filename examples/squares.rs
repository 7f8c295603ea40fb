//! A pool of five worker processes, and a function that runs in them: `cargo run --example squares`.
//!
//! The results come in the order of the numbers: [1, 4, 9].

use roundelay::ProcessPool;

fn square(x: i64) -> i64 {
    x * x
}

fn main() {
    // Worker processes are this same program, started anew.
    roundelay::pool::process::init();
    let squares = roundelay::run(async {
        let pool = ProcessPool::new(5).expect("a loop runs");
        pool.map(square, [1, 2, 3]).collect().await
    });
    println!("{:?}", squares.expect("no worker was killed"));
}
