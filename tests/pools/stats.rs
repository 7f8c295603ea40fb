//! Statistics: counts, times and workers, of either pool.

use crate::interface::with_both;
use crate::watch::{alone, wait_until};
use roundelay::pool::{Pool, ThreadPool, WorkerState};
use roundelay::{ProcessPool, gather};
use std::process;
use std::thread;
use std::time::Duration;

fn nap(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

#[test]
fn every_job_is_counted_once() {
    async fn body(pool: impl Pool) {
        let good = (0..10).map(|_| pool.submit(nap, 1));
        gather(good.collect::<Vec<_>>()).await.unwrap();
        let bad = pool.submit(|n: u64| -> u64 { panic!("{n}") }, 1).await;
        assert!(bad.is_err());
        let stats = pool.stats();
        assert_eq!((stats.done, stats.failed, stats.dropped), (10, 1, 0));
        assert_eq!((stats.queued, stats.running, stats.restarts), (0, 0, 0));
        assert_eq!((stats.run_time.count(), stats.queue_wait.count()), (11, 11));
        // A sleep is never shorter than it says.
        assert!(stats.run_time.percentile(50.0) >= Duration::from_millis(1));
        assert!(stats.run_time.mean() <= stats.run_time.max());
        assert!(stats.utilisation > 0.0 && stats.utilisation <= 1.0);
        let done: u64 = stats.workers.iter().map(|worker| worker.done).sum();
        assert_eq!(done, 11);
    }
    with_both!(body);
}

#[test]
fn jobs_that_wait_and_run_and_are_given_up_are_told_apart() {
    async fn body(pool: impl Pool) {
        let line = line!() + 1;
        let runs = [(), ()].map(|()| pool.submit(nap, 200));
        let waits = [(), (), ()].map(|()| pool.submit(nap, 1));
        let both_run = || pool.stats().running == 2;
        wait_until("both workers run", both_run).await;
        let stats = pool.stats();
        assert_eq!((stats.running, stats.queued, stats.done), (2, 3, 0));
        for worker in stats.workers {
            let WorkerState::Running { submitted, .. } = worker.state else {
                panic!("{worker:?}");
            };
            assert_eq!(submitted.line(), line);
        }
        drop(waits);
        let stats = pool.stats();
        assert_eq!((stats.running, stats.queued, stats.dropped), (2, 0, 3));
        for job in runs {
            job.await.unwrap();
        }
        assert_eq!(pool.stats().done, 2);
    }
    with_both!(body);
}

#[test]
fn threads_have_names_and_processes_have_numbers_and_memory() {
    alone(async {
        let pool = ThreadPool::named(1, "stats");
        pool.submit(|| ()).await.unwrap();
        let worker = pool.stats().workers.remove(0);
        assert_eq!((worker.name.as_str(), worker.number), ("stats-0", 0));
        assert_eq!((worker.pid, worker.resident), (None, None));
        assert_eq!(worker.state, WorkerState::Idle);

        let pool = ProcessPool::builder().workers(1).name("stats").build();
        let pool = pool.unwrap();
        let pid = pool.submit(|()| process::id(), ()).await.unwrap();
        let worker = pool.stats().workers.remove(0);
        assert_eq!((worker.name.as_str(), worker.pid), ("stats", Some(pid)));
        assert!(worker.resident.unwrap() > 100_000, "{worker:?}");
    });
}

#[test]
fn a_worker_that_dies_is_a_restart_when_another_takes_its_place() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let dies = |()| -> () { process::exit(3) };
        assert!(pool.submit(dies, ()).await.is_err());
        assert_eq!((pool.stats().failed, pool.stats().restarts), (1, 0));
        pool.submit(|()| (), ()).await.unwrap();
        let stats = pool.stats();
        assert_eq!((stats.done, stats.failed, stats.restarts), (1, 1, 1));
        assert_eq!(stats.workers.len(), 1);
    });
}
