//! Two sleeps, one after the other, in two threads, and as two tasks of one event loop:
//! `cargo run --example two_sleeps`.
//!
//! Side by side both together take as long as the longer one: 1.7 s against 0.9 s at `-- --second 1`.

mod pace;

use std::thread;
use std::time::{Duration, Instant};

use roundelay::pool::ThreadPool;
use roundelay::{WaitMode, gather, run, sleep, spawn, wait};

fn blocking_sleep(seconds: f64) {
    println!("  Start sleep {seconds}");
    thread::sleep(pace::seconds(seconds));
    println!("  Stop sleep {seconds}");
}

async fn sleep_in_task(seconds: f64) {
    println!("  Start sleep {seconds}");
    sleep(pace::seconds(seconds)).await;
    println!("  Stop sleep {seconds}");
}

fn sequential() {
    blocking_sleep(0.8);
    blocking_sleep(0.9);
}

fn threads() {
    run(async {
        let pool = ThreadPool::new(2);
        let sleeps = [0.8, 0.9].map(|seconds| pool.submit(move || blocking_sleep(seconds)));
        gather(sleeps).await.expect("the sleeps end");
    });
}

fn event_loop() {
    run(async {
        let sleeps = [0.8, 0.9].map(|seconds| spawn(sleep_in_task(seconds)));
        wait(sleeps.into(), WaitMode::All).await;
    });
}

fn timed(name: &str, version: fn()) {
    println!("{name}:");
    let start = Instant::now();
    version();
    let time: Duration = start.elapsed();
    println!("  took {:.3} s", time.as_secs_f64());
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    timed("sequential", sequential);
    timed("threads", threads);
    timed("event loop", event_loop);
}
