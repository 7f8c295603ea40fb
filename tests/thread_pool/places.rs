//! Places in the queue: a limit, waiting for one, being refused, leaving.

use crate::support::leak_free;
use roundelay::pool::{PoolError, ThreadPool};
use roundelay::{run, spawn, yield_now};
use rustix::param::page_size;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::cell::RefCell;
use std::process::Command;
use std::rc::Rc;
use std::sync::mpsc::channel;

#[test]
fn a_call_without_a_place_waits_in_line_and_is_accepted_in_its_turn() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder().max_threads(1).queue_limit(1).build();
            let (begun, begins) = channel::<()>();
            let (go, wait) = channel::<()>();
            let runs = pool.submit(move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            });
            begins.recv().unwrap();
            let accepted = Rc::new(RefCell::new(Vec::new()));
            let jobs: Vec<_> = (1..4).map(|n| Rc::new(pool.submit(move || n))).collect();
            let watchers: Vec<_> = (1..4)
                .zip(&jobs)
                .map(|(n, job)| {
                    let (job, accepted) = (Rc::clone(job), Rc::clone(&accepted));
                    spawn(async move {
                        job.accepted().await;
                        accepted.borrow_mut().push(n);
                    })
                })
                .collect();
            runs.accepted().await;
            yield_now().await;
            // One runs, one has the place, two wait in line.
            assert_eq!(*accepted.borrow(), [1]);
            assert_eq!(pool.stats().queued, 3);
            go.send(()).unwrap();
            runs.await.unwrap();
            for watcher in watchers {
                watcher.await.unwrap();
            }
            assert_eq!(*accepted.borrow(), [1, 2, 3]);
            for (n, job) in (1..4).zip(jobs) {
                assert_eq!(Rc::into_inner(job).unwrap().await.unwrap(), n);
            }
        });
    });
}

#[test]
fn a_full_pool_gives_a_call_back_and_takes_one_when_there_is_a_place() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder().max_threads(1).queue_limit(1).build();
            let (go, wait) = channel::<()>();
            let runs = pool.try_submit(move || wait.recv().unwrap()).unwrap();
            let word = String::from("mine");
            let waits = pool.try_submit(|| 2).unwrap();
            let refused = pool.try_submit(move || word).unwrap_err();
            assert!(refused.to_string().contains("full"), "{refused}");
            assert_eq!((refused.0)(), "mine", "the call comes back whole");
            drop(waits);
            let waits = pool.try_submit(|| 3).unwrap();
            go.send(()).unwrap();
            runs.await.unwrap();
            assert_eq!(waits.await.unwrap(), 3);
        });
    });
}

#[test]
fn a_call_that_is_given_up_in_line_leaves_its_turn_to_the_next_and_its_captures_go_at_once() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder().max_threads(1).queue_limit(0).build();
            let (go, wait) = channel::<()>();
            let runs = pool.submit(move || wait.recv().unwrap());
            let (gone, captured) = (Rc::new(()), std::sync::Arc::new(()));
            let held = std::sync::Arc::clone(&captured);
            let given_up = pool.submit(move || drop(held));
            let last = pool.submit(|| 5);
            drop((given_up, gone));
            assert_eq!(std::sync::Arc::strong_count(&captured), 1);
            go.send(()).unwrap();
            runs.await.unwrap();
            assert_eq!(last.await.unwrap(), 5);
        });
    });
}

#[test]
fn queued_calls_that_are_cancelled_say_so_and_the_one_that_runs_does_not() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let (begun, begins) = channel::<()>();
            let (go, wait) = channel::<()>();
            let runs = pool.submit(move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
                1
            });
            let queued = [2, 3].map(|n| pool.submit(move || n));
            begins.recv().unwrap();
            assert_eq!(pool.cancel_queued(), 2);
            for job in queued {
                let line = job.submitted();
                let error = job.await.unwrap_err();
                assert!(matches!(error, PoolError::Cancelled { .. }), "{error}");
                assert!(error.to_string().contains(&line.to_string()), "{error}");
            }
            go.send(()).unwrap();
            assert_eq!(runs.await.unwrap(), 1);
            assert_eq!(pool.submit(|| 4).await.unwrap(), 4, "it goes on");
        });
    });
}

#[test]
fn a_place_is_free_again_if_no_thread_could_be_started_for_its_call() {
    const CHILD: &str = "ROUNDELAY_TEST_WITHOUT_THREADS";
    if std::env::var_os(CHILD).is_none() {
        // Nobody else is to meet the limit.
        let test = "places::a_place_is_free_again_if_no_thread_could_be_started_for_its_call";
        let mut program = Command::new(std::env::current_exe().unwrap());
        program
            .args(["--exact", test, "--nocapture"])
            .env(CHILD, "");
        assert!(program.status().unwrap().success());
        return;
    }
    run(async {
        let pool = ThreadPool::builder().max_threads(1).queue_limit(0).build();
        limit_addresses(Some(1 << 20));
        let refused = pool.try_submit(|| 1).unwrap();
        limit_addresses(None);
        let error = refused.await.unwrap_err();
        assert!(matches!(error, PoolError::Io { .. }), "{error}");
        let job = pool.try_submit(|| 2).expect("there is a place");
        assert_eq!(job.await.unwrap(), 2);
    });
}

/// Lets the process have so many bytes of addresses beside those it has, or any number.
fn limit_addresses(more: Option<u64>) {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    let limit = getrlimit(Resource::As);
    let current = match more {
        Some(more) => Some(pages * page_size() as u64 + more),
        None => limit.maximum,
    };
    setrlimit(Resource::As, Rlimit { current, ..limit }).unwrap();
}
