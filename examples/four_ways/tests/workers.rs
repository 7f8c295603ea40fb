//! The pool for computing: its workers are nicer than the loop.

use four_ways::computing_pool;
use rustix::process::getpriority_process;

fn niceness((): ()) -> i32 {
    getpriority_process(None).expect("a process may look at itself")
}

#[test]
fn workers_that_compute_give_way_to_the_loop() {
    let here = niceness(());
    let there = roundelay::run(async {
        let pool = computing_pool(1).expect("a loop runs");
        pool.submit(niceness, ()).await.expect("the worker answers")
    });
    // Nobody is nicer than 19.
    assert_eq!(there, (here + 10).min(19));
}
