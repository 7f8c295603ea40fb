//! Calls that bring a result.

use crate::acts::{Note, write_at_once};
use crate::watch::{alone, others, single_file};
use roundelay::{ProcessPool, sleep, timeout};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_call_runs_in_another_process_and_brings_its_result() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let (sum, pid) = pool
            .submit(|(a, b): (u32, u32)| (a + b, process::id()), (40, 2))
            .await
            .unwrap();
        assert_eq!(sum, 42);
        assert_ne!(pid, process::id());
    });
}

#[test]
fn functions_methods_and_generic_instances_can_be_submitted() {
    fn largest<T: Ord + Copy>(values: Vec<T>) -> Option<T> {
        values.iter().max().copied()
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        assert_eq!(
            pool.submit(largest::<u16>, vec![3, 9, 4]).await.unwrap(),
            Some(9)
        );
        assert_eq!(
            pool.submit(largest::<char>, vec!['a', 'z']).await.unwrap(),
            Some('z')
        );
        assert_eq!(
            pool.submit(String::into_bytes, "ab".to_owned())
                .await
                .unwrap(),
            b"ab"
        );
    });
}

#[test]
fn a_call_begins_without_being_awaited() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let job = pool.submit(|path: PathBuf| write_at_once(&path, "ran"), note.path());
        assert_eq!(note.read().await, "ran");
        job.await.unwrap();
    });
}

#[test]
fn calls_of_one_worker_begin_in_the_order_of_their_submission() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let count = |(): ()| CALLS.fetch_add(1, Ordering::Relaxed);
        let jobs: Vec<_> = (0..20).map(|_| pool.submit(count, ())).collect();
        for (expected, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.unwrap(), expected as u32);
        }
        assert_eq!(
            CALLS.load(Ordering::Relaxed),
            0,
            "a worker's statics are its own"
        );
    });
}

#[test]
fn a_thousand_calls_pass_through_two_workers() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let jobs: Vec<_> = (0..1000u32)
            .map(|n| pool.submit(|n| (n * 2, process::id()), n))
            .collect();
        let mut workers = HashSet::new();
        for (n, job) in jobs.into_iter().enumerate() {
            let (double, pid) = job.await.unwrap();
            assert_eq!(double, 2 * n as u32);
            workers.insert(pid);
        }
        assert!((1..=2).contains(&workers.len()), "{workers:?}");
    });
}

#[test]
fn no_more_workers_are_started_than_calls_need() {
    alone(async {
        let pool = ProcessPool::new(8).unwrap();
        let first = pool.submit(|(): ()| process::id(), ()).await.unwrap();
        for _ in 0..10 {
            assert_eq!(
                pool.submit(|(): ()| process::id(), ()).await.unwrap(),
                first
            );
        }
        assert_eq!(others().len(), 2, "the zygote and one worker");
    });
}

#[test]
fn large_payloads_pass_both_ways() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        for megabytes in [1, 4] {
            let payload: Vec<u8> = (0..megabytes << 20).map(|n: u32| n as u8).collect();
            let back = |bytes: Vec<u8>| bytes.into_iter().rev().collect::<Vec<u8>>();
            let (one, two) = (
                pool.submit(back, payload.clone()),
                pool.submit(back, payload.clone()),
            );
            let expected: Vec<u8> = payload.into_iter().rev().collect();
            assert!(one.await.unwrap() == expected && two.await.unwrap() == expected);
        }
    });
}

#[test]
fn a_worker_can_have_a_pool_of_its_own() {
    fn outer(n: u32) -> u32 {
        roundelay::run(async move {
            let pool = ProcessPool::new(1).unwrap();
            pool.submit(|n: u32| n + 1, n).await.unwrap()
        })
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        assert_eq!(pool.submit(outer, 1).await.unwrap(), 2);
    });
}

#[test]
fn a_virtual_clock_waits_for_calls_and_not_for_an_idle_pool() {
    const HOUR: Duration = Duration::from_secs(3600);
    let _alone = single_file();
    let start = Instant::now();
    let runtime = roundelay::Runtime::builder()
        .virtual_clock(true)
        .build()
        .unwrap();
    runtime.run(async {
        let pool = ProcessPool::new(1).unwrap();
        let slow = pool.submit(|(): ()| std::thread::sleep(Duration::from_millis(50)), ());
        timeout(HOUR, slow)
            .await
            .expect("the hour must not pass while the call runs")
            .unwrap();
        sleep(HOUR).await;
    });
    assert!(start.elapsed() < HOUR / 60);
}

/// Says whether a number is prime, as the tutorial's example does.
fn is_prime(n: u64) -> Result<bool, String> {
    if n < 2 {
        return Err(format!("{n} is too small"));
    }
    Ok(!(2..=n.isqrt()).any(|divisor| n.is_multiple_of(divisor)))
}

#[test]
fn results_come_in_the_order_of_the_calls_and_errors_come_back() {
    // The asyncio scenario `s13_process_pool`; the lines are CPython's.
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let numbers = [2, 9, 7919, 1_000_003, 1_000_001];
        let jobs = numbers.map(|n| pool.submit(is_prime, n));
        let mut lines = Vec::new();
        for (n, job) in numbers.into_iter().zip(jobs) {
            lines.push(format!("{n} {}", job.await.unwrap().unwrap()));
        }
        let error = pool.submit(is_prime, 1).await.unwrap().unwrap_err();
        lines.push(format!("ValueError: {error}"));
        assert_eq!(
            lines,
            [
                "2 true",
                "9 false",
                "7919 true",
                "1000003 true",
                "1000001 false",
                "ValueError: 1 is too small"
            ]
        );
    });
}
