//! Blocking calls in threads: results, order, panics, and a loop that goes on meanwhile.

use crate::support::leak_free;
use roundelay::pool::ThreadPool;
use roundelay::{Handle, gather, run, spawn_blocking, timeout, to_thread};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::Duration;

fn blocking(ms: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    ms
}

#[test]
fn the_loop_runs_on_while_threads_sleep_and_results_come_by_position() {
    let said = leak_free(|| {
        run(async {
            let said = Rc::new(RefCell::new(Vec::new()));
            let pool = ThreadPool::new(2);
            let later = Rc::clone(&said);
            Handle::current().call_later(Duration::from_millis(20), move || {
                later
                    .borrow_mut()
                    .push("the loop is not blocked".to_owned());
            });
            let jobs = [240, 120].map(|ms| pool.submit(move || blocking(ms)));
            let results = gather(jobs).await.unwrap();
            said.borrow_mut().push(format!(
                "{:?}",
                results.into_iter().map(Result::unwrap).collect::<Vec<_>>()
            ));
            let jobs = [30, 10, 20].map(|ms| pool.submit(move || blocking(ms)));
            let results = gather(jobs).await.unwrap();
            said.borrow_mut().push(format!(
                "{:?}",
                results.into_iter().map(Result::unwrap).collect::<Vec<_>>()
            ));
            said.take()
        })
    });
    assert_eq!(
        said,
        ["the loop is not blocked", "[240, 120]", "[30, 10, 20]"]
    );
}

#[test]
fn a_panic_reaches_the_one_who_awaits_and_the_thread_goes_on() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let error = pool
                .submit(|| -> u8 { panic!("no such luck") })
                .await
                .unwrap_err();
            assert_eq!(error.panic_message(), Some("no such luck"));
            assert_eq!(pool.submit(|| 3).await.unwrap(), 3);
        });
    });
}

#[test]
fn a_pool_never_has_more_threads_than_its_size_and_uses_them_all() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(3);
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let barrier = Arc::new(Barrier::new(3));
            let jobs = (0..30).map(|_| {
                let (now, most, barrier) =
                    (Arc::clone(&now), Arc::clone(&most), Arc::clone(&barrier));
                pool.submit(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // Passes only if three threads come here together.
                    barrier.wait();
                    now.fetch_sub(1, Ordering::SeqCst);
                })
            });
            for result in gather(jobs.collect::<Vec<_>>()).await.unwrap() {
                result.unwrap();
            }
            assert_eq!(most.load(Ordering::SeqCst), 3);
        });
    });
}

#[test]
fn a_queued_call_whose_handle_is_dropped_never_runs() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let gate = Arc::new(Barrier::new(2));
            let ran = Arc::new(AtomicUsize::new(0));
            let held = Arc::clone(&gate);
            let first = pool.submit(move || {
                held.wait();
            });
            let counter = Arc::clone(&ran);
            let second = pool.submit(move || counter.fetch_add(1, Ordering::SeqCst));
            drop(second);
            gate.wait();
            first.await.unwrap();
            pool.submit(|| ()).await.unwrap();
            assert_eq!(ran.load(Ordering::SeqCst), 0);
        });
    });
}

#[test]
fn a_call_that_is_given_up_while_it_runs_goes_on_and_its_result_is_dropped() {
    leak_free(|| {
        let ran = Arc::new(AtomicUsize::new(0));
        run(async {
            let (gate, counter) = (Arc::new(Barrier::new(2)), Arc::clone(&ran));
            let held = Arc::clone(&gate);
            let job = to_thread(move || {
                held.wait();
                held.wait();
                counter.fetch_add(1, Ordering::SeqCst);
            });
            // Given up before it began, it would never run.
            gate.wait();
            assert!(timeout(Duration::from_millis(1), job).await.is_err());
            gate.wait();
        });
        // The end of the run waits for the calls that run.
        assert_eq!(ran.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_pool_dropped_with_calls_in_its_queue_says_so_to_those_who_wait() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let begun = Arc::new(Barrier::new(2));
            let held = Arc::clone(&begun);
            let running = pool.submit(move || {
                held.wait();
                blocking(20)
            });
            let queued = pool.submit(|| blocking(20));
            begun.wait();
            drop(pool);
            assert_eq!(running.await.unwrap(), 20);
            let error = queued.await.unwrap_err();
            assert!(!error.is_panic(), "{error}");
        });
    });
}

#[test]
fn a_runtime_that_ends_with_calls_running_waits_for_them_many_times() {
    leak_free(|| {
        for round in 0..200u32 {
            run(async {
                let job = spawn_blocking(move || round);
                if round % 2 == 0 {
                    assert_eq!(job.await.unwrap(), round);
                }
            });
        }
    });
}

#[test]
fn virtual_time_waits_for_a_thread() {
    let runtime = roundelay::Runtime::builder()
        .virtual_clock(true)
        .build()
        .unwrap();
    runtime.run(async {
        // With a clock that jumped over running jobs, the limit would win at once.
        let limited = timeout(Duration::from_secs(600), spawn_blocking(|| blocking(20)));
        assert_eq!(limited.await.unwrap().unwrap(), 20);
    });
}

#[test]
fn a_job_that_is_awaited_after_the_end_of_its_loop_gives_its_result() {
    leak_free(|| {
        let pool = ThreadPool::new(1);
        let (go, wait) = channel::<()>();
        let mut job = None;
        run(async { job = Some(pool.submit(move || wait.recv().is_ok())) });
        go.send(()).unwrap();
        let result = run(timeout(Duration::from_secs(20), job.unwrap()));
        assert!(result.expect("the result is lost").unwrap());
    });
}
