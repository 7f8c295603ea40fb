//! The threads: their names, their own state, and when they end.

use crate::support::leak_free;
use roundelay::pool::{PoolError, ThreadPool};
use roundelay::{gather, run, sleep, timeout};
use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

fn name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// Has as many calls run at once as the pool has threads.
async fn all_at_once(pool: &ThreadPool) -> Vec<String> {
    let barrier = Arc::new(Barrier::new(pool.max_threads()));
    let jobs = (0..pool.max_threads()).map(|_| {
        let barrier = Arc::clone(&barrier);
        pool.submit(move || {
            barrier.wait();
            name()
        })
    });
    let names = gather(jobs.collect::<Vec<_>>()).await.unwrap();
    let mut names: Vec<String> = names.into_iter().map(Result::unwrap).collect();
    names.sort();
    names
}

#[test]
fn idle_threads_end_down_to_the_fewest_and_their_numbers_are_used_again() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder()
                .max_threads(3)
                .min_threads(1)
                .idle_time(Duration::from_millis(1))
                .name("roundelay-t")
                .build();
            let all = ["roundelay-t-0", "roundelay-t-1", "roundelay-t-2"];
            assert_eq!(all_at_once(&pool).await, all);
            while pool.stats().workers.len() > 1 {
                sleep(Duration::from_millis(1)).await;
            }
            // The last one stays, however often its idle time passes.
            for _ in 0..20 {
                sleep(Duration::from_millis(1)).await;
                assert_eq!(pool.stats().workers.len(), 1);
            }
            assert_eq!(all_at_once(&pool).await, all);
        });
    });
}

#[test]
fn a_call_that_comes_while_a_thread_ends_is_not_left_behind() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder()
                .max_threads(1)
                .idle_time(Duration::from_micros(50))
                .name("roundelay-t")
                .build();
            for n in 0..3000u64 {
                let job = timeout(Duration::from_secs(20), pool.submit(move || n));
                assert_eq!(job.await.expect("nobody took it").unwrap(), n);
                // About as long as a thread is patient, now a little less, now a little more.
                sleep(Duration::from_micros(n % 80)).await;
            }
        });
    });
}

#[test]
fn idle_threads_that_tire_together_leave_the_fewest_behind() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder()
                .max_threads(4)
                .min_threads(2)
                .idle_time(Duration::from_micros(100))
                .name("roundelay-t")
                .build();
            for _ in 0..100 {
                all_at_once(&pool).await;
                while pool.stats().workers.len() > 2 {
                    sleep(Duration::from_micros(100)).await;
                }
                sleep(Duration::from_micros(300)).await;
                assert_eq!(pool.stats().workers.len(), 2);
            }
        });
    });
}

#[test]
fn every_thread_makes_its_own_state_once_and_drops_it_at_its_end() {
    // Not `Send`, as the session of a library may be.
    struct Session {
        calls: Rc<Cell<usize>>,
        dropped: Arc<AtomicUsize>,
    }
    impl Drop for Session {
        fn drop(&mut self) {
            assert!(name().starts_with("roundelay"));
            self.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
    leak_free(|| {
        let (made, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        run(async {
            let (counts, drops) = (Arc::clone(&made), Arc::clone(&dropped));
            let pool = ThreadPool::builder()
                .max_threads(2)
                .initializer(move || {
                    counts.fetch_add(1, Ordering::SeqCst);
                    Session {
                        calls: Rc::default(),
                        dropped: Arc::clone(&drops),
                    }
                })
                .build();
            let barrier = Arc::new(Barrier::new(2));
            for round in 1..4 {
                let jobs = [(), ()].map(|()| {
                    let barrier = Arc::clone(&barrier);
                    pool.submit_with(move |session| {
                        barrier.wait();
                        session.calls.set(session.calls.get() + 1);
                        session.calls.get()
                    })
                });
                for job in jobs {
                    assert_eq!(job.await.unwrap(), round);
                }
            }
            assert_eq!(made.load(Ordering::SeqCst), 2);
        });
        assert_eq!(dropped.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn a_state_that_saw_a_panic_is_replaced() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder()
                .max_threads(1)
                .initializer(|| 0u32)
                .build();
            let count = |n: &mut u32| {
                *n += 1;
                *n
            };
            assert_eq!(pool.submit_with(count).await.unwrap(), 1);
            let spoils = pool.submit_with(|n: &mut u32| -> () {
                *n = 99;
                panic!("half way")
            });
            assert_eq!(spoils.await.unwrap_err().panic_message(), Some("half way"));
            assert_eq!(pool.submit_with(count).await.unwrap(), 1);
        });
    });
}

#[test]
fn an_initializer_that_panics_fails_its_call_and_is_tried_again_by_the_next() {
    leak_free(|| {
        run(async {
            let tries = AtomicUsize::new(0);
            let pool = ThreadPool::builder()
                .max_threads(1)
                .initializer(move || match tries.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("no server yet"),
                    n => n,
                })
                .build();
            let first = pool.submit_with(|n| *n).await.unwrap_err();
            assert!(
                matches!(&first, PoolError::InitializerFailed { reason, .. } if reason.contains("no server yet")),
                "{first}"
            );
            assert_eq!(pool.submit_with(|n| *n).await.unwrap(), 1);
        });
    });
}

#[test]
fn what_a_call_panicked_with_comes_back_as_it_was() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let job = pool.submit(|| -> () { std::panic::panic_any(7u8) });
            let line = line!() - 1;
            let error = job.await.unwrap_err();
            assert_eq!(error.submitted().line(), line);
            // The words are those of a call in a process.
            let words = error.panic_message();
            assert_eq!(words, Some("a panic whose payload is not text"));
            assert_eq!(*error.into_panic().unwrap().downcast::<u8>().unwrap(), 7);
        });
    });
}

#[test]
fn threads_that_ended_leave_no_stack_behind() {
    let mapped = || {
        fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    leak_free(|| {
        let pool = ThreadPool::builder().idle_time(Duration::ZERO).build();
        let before = mapped();
        for _ in 0..300 {
            pool.submit_blocking(|| ()).result().unwrap();
            while !pool.stats().workers.is_empty() {
                thread::yield_now();
            }
        }
        // A stack and its guard for each thread; other tests have some, too.
        let more = mapped().saturating_sub(before);
        assert!(more < 300, "{more}");
    });
}
