//! One function over either pool, and jobs as members of what the runtime has for futures.

use crate::watch::alone;
use roundelay::pool::{Pool, PoolError, ThreadPool};
use roundelay::{ProcessPool, WaitMode, as_completed, catch_cancel, gather, spawn, timeout, wait};
use std::thread;
use std::time::Duration;

fn nap(milliseconds: u64) -> u64 {
    thread::sleep(Duration::from_millis(milliseconds));
    milliseconds
}

/// Calls an async function with a thread pool of two and with a process pool of two, each by itself.
macro_rules! with_both {
    ($body:expr) => {
        alone(async {
            println!("threads");
            $body(ThreadPool::new(2)).await
        });
        alone(async {
            println!("processes");
            $body(ProcessPool::new(2).unwrap()).await
        });
    };
}
pub(crate) use with_both;

#[test]
fn jobs_are_gathered_by_position() {
    async fn body(pool: impl Pool) {
        let jobs = [30, 1, 2].map(|ms| pool.submit(nap, ms));
        let all: Result<Vec<u64>, PoolError> = gather(jobs).await.unwrap().into_iter().collect();
        assert_eq!(all.unwrap(), [30, 1, 2]);
    }
    with_both!(body);
}

#[test]
fn jobs_come_as_they_are_completed() {
    async fn body(pool: impl Pool) {
        let mut jobs = as_completed([400, 1].map(|ms| pool.submit(nap, ms)));
        let mut order = Vec::new();
        while let Some(outcome) = jobs.next().await {
            order.push(outcome.unwrap().unwrap());
        }
        assert_eq!(order, [1, 400]);
    }
    with_both!(body);
}

#[test]
fn the_first_job_wins_and_the_rest_is_cancelled() {
    async fn body(pool: impl Pool) {
        let tasks = [1, 500, 500, 500].map(|ms| spawn(pool.submit(nap, ms)));
        let (done, pending) = wait(tasks.into(), WaitMode::FirstCompleted).await;
        assert_eq!(done.len(), 1);
        for task in pending {
            task.cancel();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        // Whether or not a call can be stopped, the pool goes on, and is not held up by what never began.
        assert_eq!(pool.submit(nap, 1).await.unwrap(), 1);
        assert_eq!(pool.stats().queued, 0);
        pool.shutdown().await;
    }
    with_both!(body);
}

#[test]
fn a_limit_of_time_and_a_cancel_give_a_job_up() {
    async fn body(pool: impl Pool) {
        let slow = pool.submit(nap, 300);
        assert!(timeout(Duration::from_millis(1), slow).await.is_err());
        let other = pool.clone();
        let task = spawn(async move { catch_cancel(other.submit(nap, 300)).await.is_err() });
        roundelay::yield_now().await;
        task.cancel();
        assert!(task.await.unwrap());
        pool.shutdown().await;
    }
    with_both!(body);
}

#[test]
fn a_pool_with_a_limit_gives_the_argument_back() {
    async fn body(pool: impl Pool) {
        let runs = [150, 150].map(|ms| pool.submit(nap, ms));
        let waits = pool.try_submit(nap, 1).unwrap();
        let refused = pool.try_submit(nap, 7).unwrap_err();
        assert_eq!(refused.0, 7);
        // It waits in line, and is begun in its turn.
        let in_line = pool.submit(nap, 8);
        accepted::<_, u64>(&pool, &in_line).await;
        gather(runs).await.unwrap();
        assert_eq!((waits.await.unwrap(), in_line.await.unwrap()), (1, 8));
    }
    async fn accepted<P: Pool, R: roundelay::pool::Passable>(_: &P, job: &P::Job<R>) {
        P::accepted(job).await;
    }
    alone(async {
        body(ThreadPool::builder().max_threads(2).queue_limit(1).build()).await;
    });
    alone(async {
        let pool = ProcessPool::builder().workers(2).queue_limit(1);
        body(pool.build().unwrap()).await;
    });
}

#[test]
fn queued_calls_are_cancelled_and_accepted_ones_outlive_a_shutdown() {
    async fn body(pool: impl Pool) {
        let begun = [30, 30].map(|ms| pool.submit(nap, ms));
        while pool.stats().running < 2 {
            roundelay::sleep(Duration::from_millis(1)).await;
        }
        let queued = [1, 1].map(|ms| pool.submit(nap, ms));
        assert_eq!(pool.cancel_queued(), 2);
        for job in queued {
            assert!(matches!(job.await, Err(PoolError::Cancelled { .. })));
        }
        pool.shutdown().await;
        for job in begun {
            assert_eq!(job.await.unwrap(), 30);
        }
        let late = pool.submit(nap, 1).await;
        assert!(matches!(late, Err(PoolError::Closed { .. })));
    }
    with_both!(body);
}
