//! `wait` gives back two lists: who is done and who is not: `cargo run --example wait_first`.
//!
//! Four jobs of different length, in threads; the first that ends wakes who waits. The others are not
//! touched: they are waited for afterwards.

mod pace;

use std::thread;

use roundelay::pool::ThreadPool;
use roundelay::{WaitMode, run, spawn, wait};

fn job(seconds: u32) -> u32 {
    thread::sleep(pace::seconds(seconds.into()));
    seconds
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    run(async {
        let pool = ThreadPool::new(4);
        let jobs = [4, 2, 1, 3].map(|seconds| {
            let job = spawn(pool.submit(move || job(seconds)));
            job.set_name(&format!("{seconds} s"));
            job
        });
        let (done, pending) = wait(jobs.into(), WaitMode::FirstCompleted).await;
        let names = |jobs: &[roundelay::JoinHandle<_>]| {
            let names: Vec<String> = jobs.iter().map(|job| job.name()).collect();
            names.join(", ")
        };
        println!("done: {}", names(&done));
        println!("not done: {}", names(&pending));
        let (done, _) = wait(pending, WaitMode::All).await;
        println!("done at last: {}", names(&done));
    });
}
