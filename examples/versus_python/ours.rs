//! Roundelay's side of each workload: gives the nanoseconds for one operation.

use roundelay::ProcessPool;
use roundelay::pool::process::{Blob, Builder};
use std::hint::spin_loop;
use std::time::{Duration, Instant};

/// How long loop and worker try before they sleep, in the workload that lets them.
const BUSY_POLL: Duration = Duration::from_micros(200);

fn same<T>(value: T) -> T {
    value
}

pub fn one_at_a_time(operations: u64) -> f64 {
    one_at_a_time_in(ProcessPool::builder().workers(1), operations)
}

pub fn one_at_a_time_busy(operations: u64) -> f64 {
    let busy = ProcessPool::builder().workers(1).busy_poll(BUSY_POLL);
    one_at_a_time_in(busy, operations)
}

fn one_at_a_time_in(pool: Builder, operations: u64) -> f64 {
    roundelay::run(async move {
        let pool = pool.build().expect("a loop runs");
        pool.submit(same, 0u64).await.expect("a call is done");
        let start = Instant::now();
        for n in 0..operations {
            assert_eq!(pool.submit(same, n).await.expect("a call is done"), n);
        }
        each(start.elapsed(), operations)
    })
}

pub fn all_at_once(operations: u64) -> f64 {
    roundelay::run(async move {
        let pool = warm(2).await;
        let start = Instant::now();
        let jobs: Vec<_> = (0..operations).map(|n| pool.submit(same, n)).collect();
        for (n, job) in (0..).zip(jobs) {
            assert_eq!(job.await.expect("a call is done"), n);
        }
        each(start.elapsed(), operations)
    })
}

pub fn in_chunks(operations: u64) -> f64 {
    roundelay::run(async move {
        let pool = warm(2).await;
        let start = Instant::now();
        let results = pool.map(same, 0..operations).collect().await;
        let taken = start.elapsed();
        let results = results.expect("all items are done");
        assert!(results.into_iter().eq(0..operations));
        each(taken, operations)
    })
}

pub fn first_result(operations: u64) -> f64 {
    let mut taken = Duration::ZERO;
    for n in 0..operations {
        taken += roundelay::run(async move {
            let start = Instant::now();
            let pool = ProcessPool::new(1).expect("a loop runs");
            assert_eq!(pool.submit(same, n).await.expect("a call is done"), n);
            start.elapsed()
        });
    }
    each(taken, operations)
}

pub fn killed_and_replaced(operations: u64) -> f64 {
    roundelay::run(async move {
        let pool = warm(1).await;
        let mut taken = Duration::ZERO;
        for n in 0..operations {
            let endless = pool.submit(
                |()| -> () {
                    loop {
                        spin_loop()
                    }
                },
                (),
            );
            // It was sent when the loop came round; it runs by now.
            roundelay::sleep(Duration::from_millis(1)).await;
            let start = Instant::now();
            drop(endless);
            assert_eq!(pool.submit(same, n).await.expect("a call is done"), n);
            taken += start.elapsed();
        }
        each(taken, operations)
    })
}

pub fn one_mebibyte(operations: u64) -> f64 {
    there_and_back(1 << 20, operations)
}

pub fn large(operations: u64) -> f64 {
    there_and_back(64 << 20, operations)
}

fn there_and_back(size: usize, operations: u64) -> f64 {
    roundelay::run(async move {
        let pool = warm(1).await;
        let payload = Blob::from(vec![7; size]);
        // As in Python, where the first calls are not measured either.
        let mut back = pool.submit(same, payload).await.expect("a call is done");
        let start = Instant::now();
        for _ in 0..operations {
            back = pool.submit(same, back).await.expect("a call is done");
            assert!(back.len() == size && back[0] == 7 && back[size - 1] == 7);
        }
        each(start.elapsed(), operations)
    })
}

/// A pool whose workers have all done something.
async fn warm(workers: usize) -> ProcessPool {
    let pool = ProcessPool::new(workers).expect("a loop runs");
    let calls: Vec<_> = (0..2 * workers).map(|n| pool.submit(same, n)).collect();
    for call in calls {
        call.await.expect("a call is done");
    }
    pool
}

fn each(taken: Duration, operations: u64) -> f64 {
    taken.as_nanos() as f64 / operations as f64
}
