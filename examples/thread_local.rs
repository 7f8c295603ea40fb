//! What belongs to a thread: six jobs on two workers, each of which draws its number once, and keeps it:
//! `cargo run --example thread_local`.
//!
//! This is how a worker keeps what is dear to make and not to be shared, such as a session with a server.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use roundelay::pool::ThreadPool;
use roundelay::{run, try_gather};

/// The next number to be drawn.
static NEXT: AtomicU32 = AtomicU32::new(1);

thread_local! {
    /// This worker's number; drawn at its first job.
    static NUMBER: u32 = NEXT.fetch_add(1, Relaxed);
}

/// Two jobs at a time meet here, so that no worker does all of them.
static BOTH: Barrier = Barrier::new(2);

fn job(job: u32) -> u32 {
    BOTH.wait();
    let number = NUMBER.with(|number| *number);
    println!("job {job} is done by worker {number}");
    number
}

fn main() {
    let mut workers = run(async {
        let pool = ThreadPool::new(2);
        let jobs = (1..=6).map(|number| pool.submit(move || job(number)));
        try_gather(jobs).await.expect("the jobs end")
    });
    workers.sort_unstable();
    workers.dedup();
    println!("the workers were {workers:?}");
}
