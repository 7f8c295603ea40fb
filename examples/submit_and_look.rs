//! A job goes on while one does something else, and can be looked at: `cargo run --example submit_and_look`.
//!
//! One job of five seconds (of a tenth each, see `--help`) in a pool of three threads.

mod pace;

use std::thread;

use roundelay::pool::ThreadPool;
use roundelay::{run, sleep, spawn};

fn return_after_five_seconds(message: &str) -> &str {
    thread::sleep(pace::seconds(5.0));
    message
}

fn main() {
    let longer = pace::seconds(6.0);
    run(async move {
        let pool = ThreadPool::new(3);
        // As a task it can be asked whether it has ended.
        let job = spawn(pool.submit(|| return_after_five_seconds("hello")));
        println!("done? {}", job.is_finished());
        sleep(longer).await;
        println!("done? {}", job.is_finished());
        let result = job.await.expect("nobody cancels");
        println!("result: {}", result.expect("the job ends"));
    });
}
