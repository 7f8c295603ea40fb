//! The procspawn crate's side of each workload: gives the nanoseconds for one operation.

use procspawn::Pool;
use roundelay::pool::process::Blob;
use std::time::{Duration, Instant};

pub fn one_at_a_time(operations: u64) -> f64 {
    let pool = warm(1);
    let start = Instant::now();
    for n in 0..operations {
        assert_eq!(call(&pool, n), n);
    }
    each(start.elapsed(), operations)
}

/// Each of its calls holds descriptors, so that ten thousand at once fail: some hundreds it is.
const AT_ONCE: u64 = 200;

pub fn all_at_once(operations: u64) -> f64 {
    let pool = warm(2);
    let start = Instant::now();
    for first in (0..operations).step_by(AT_ONCE as usize) {
        let some = first..operations.min(first + AT_ONCE);
        let spawn = |n| procspawn::spawn!(in pool, (n) || n);
        let jobs: Vec<_> = some.clone().map(spawn).collect();
        for (n, job) in some.zip(jobs) {
            assert_eq!(job.join().expect("a call is done"), n);
        }
    }
    each(start.elapsed(), operations)
}

pub fn first_result(operations: u64) -> f64 {
    let mut taken = Duration::ZERO;
    for n in 0..operations {
        let start = Instant::now();
        let pool = new_pool(1);
        assert_eq!(call(&pool, n), n);
        taken += start.elapsed();
    }
    each(taken, operations)
}

pub fn one_mebibyte(operations: u64) -> f64 {
    there_and_back(1 << 20, operations)
}

pub fn large(operations: u64) -> f64 {
    there_and_back(64 << 20, operations)
}

fn there_and_back(size: usize, operations: u64) -> f64 {
    let pool = warm(1);
    // Bytes as a whole, as on our side; to serde they are the same.
    let mut bytes = Blob::from(vec![7; size]);
    let start = Instant::now();
    for _ in 0..operations {
        let job = procspawn::spawn!(in pool, (bytes) || bytes);
        bytes = job.join().expect("a call is done");
        assert!(bytes.len() == size && bytes[0] == 7 && bytes[size - 1] == 7);
    }
    each(start.elapsed(), operations)
}

fn call(pool: &Pool, n: u64) -> u64 {
    procspawn::spawn!(in pool, (n) || n)
        .join()
        .expect("a call is done")
}

fn new_pool(workers: usize) -> Pool {
    Pool::new(workers).expect("a pool can be made")
}

fn warm(workers: usize) -> Pool {
    let pool = new_pool(workers);
    for n in 0..2 * workers as u64 {
        call(&pool, n);
    }
    pool
}

fn each(taken: Duration, operations: u64) -> f64 {
    taken.as_nanos() as f64 / operations as f64
}
