//! Jobs for threads without a loop.

use crate::support::leak_free;
use roundelay::pool::{PoolError, ThreadPool};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

#[test]
fn results_and_panics_come_to_a_thread_without_a_loop() {
    leak_free(|| {
        let pool = ThreadPool::new(2);
        let jobs: Vec<_> = (0..100u32)
            .map(|n| pool.submit_blocking(move || n * n))
            .collect();
        for (n, job) in (0..).zip(jobs) {
            assert_eq!(job.result().unwrap(), n * n);
        }
        let job = pool.submit_blocking(|| -> () { panic!("out of luck") });
        let error = job.result().unwrap_err();
        assert_eq!(error.panic_message(), Some("out of luck"));
        assert_eq!(pool.stats().done, 100);
        pool.shutdown_blocking();
        let late = pool.submit_blocking(|| ()).result();
        assert!(matches!(late, Err(PoolError::Closed { .. })));
    });
}

#[test]
fn a_wait_with_a_limit_gives_the_job_back_and_a_queued_one_can_be_cancelled() {
    leak_free(|| {
        let pool = ThreadPool::new(1);
        let (begun, begins) = channel::<()>();
        let (go, wait) = channel::<()>();
        let runs = pool.submit_blocking(move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            1
        });
        let queued = pool.submit_blocking(|| 2);
        begins.recv().unwrap();
        let runs = runs.result_timeout(Duration::from_millis(1)).unwrap_err();
        assert!(!runs.is_done() && !queued.is_done());
        assert!(!runs.cancel(), "nothing stops a thread");
        assert!(queued.cancel());
        assert!(queued.is_done() && !queued.cancel());
        assert!(matches!(queued.result(), Err(PoolError::Cancelled { .. })));
        go.send(()).unwrap();
        // Results may be taken by another thread.
        let taken = thread::spawn(move || runs.result_timeout(Duration::from_secs(60)));
        assert_eq!(taken.join().unwrap().unwrap().unwrap(), 1);
    });
}

#[test]
fn a_blocking_job_that_is_dropped_in_the_queue_never_runs() {
    leak_free(|| {
        let pool = ThreadPool::new(1);
        let (go, wait) = channel::<()>();
        let runs = pool.submit_blocking(move || wait.recv().unwrap());
        drop(pool.submit_blocking(|| panic!("it was dropped")));
        go.send(()).unwrap();
        runs.result().unwrap();
        assert_eq!(pool.stats().failed, 0);
    });
}

#[test]
#[should_panic(expected = "would block the event loop")]
fn a_loop_is_not_blocked_by_a_result() {
    let pool = ThreadPool::new(1);
    let job = pool.submit_blocking(|| ());
    roundelay::run(async { job.result() }).unwrap();
}
