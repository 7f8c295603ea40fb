//! Results in the order in which they come, not in that of the jobs: `cargo run --example as_completed`.
//!
//! Jobs of 5, 4, 3, 2 and 1 seconds (of a tenth each, see `--help`), once in threads and once as tasks.

mod pace;

use std::thread;

use roundelay::pool::ThreadPool;
use roundelay::{as_completed, run, sleep};

const JOBS: [u32; 5] = [5, 4, 3, 2, 1];

fn blocking_job(seconds: u32) -> u32 {
    thread::sleep(pace::seconds(seconds.into()));
    seconds
}

async fn job_in_task(seconds: u32) -> u32 {
    sleep(pace::seconds(seconds.into())).await;
    seconds
}

async fn threads() {
    let pool = ThreadPool::new(JOBS.len());
    let mut results = as_completed(JOBS.map(|job| pool.submit(move || blocking_job(job))));
    while let Some(result) = results.next().await {
        let seconds = result.expect("nobody cancels").expect("the job ends");
        println!("  the job of {seconds} s is done");
    }
}

async fn event_loop() {
    let mut results = as_completed(JOBS.map(job_in_task));
    while let Some(result) = results.next().await {
        let seconds = result.expect("the job ends");
        println!("  the job of {seconds} s is done");
    }
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    run(async {
        println!("threads:");
        threads().await;
        println!("event loop:");
        event_loop().await;
    });
}
