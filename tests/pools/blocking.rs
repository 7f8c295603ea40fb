//! The process pool for threads without a loop.

use crate::watch::{descriptors, others, single_file};
use roundelay::ProcessPool;
use roundelay::pool::PoolError;
use roundelay::pool::process::BlockingPool;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hint;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Runs a body while no other test does, and checks that it leaves no descriptor and no process.
fn alone(body: impl FnOnce()) {
    let _alone = single_file();
    let before = (descriptors(), others());
    body();
    assert_eq!((descriptors(), others()), before, "after and before");
}

fn endless<R>((): ()) -> R {
    loop {
        hint::spin_loop();
    }
}

fn square(n: u64) -> u64 {
    n * n
}

#[test]
fn results_and_errors_come_to_any_thread() {
    alone(|| {
        let pool = BlockingPool::new(2).unwrap();
        let threads: Vec<_> = (0..3)
            .map(|n| {
                let pool = pool.clone();
                thread::spawn(move || pool.submit_blocking(square, n).result().unwrap())
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(results.collect::<Vec<_>>(), [0, 1, 4]);
        let line = line!() + 1;
        let job = pool.submit_blocking(|n: u64| -> u64 { panic!("not {n}") }, 3);
        let error = job.result().unwrap_err();
        assert_eq!(error.panic_message(), Some("not 3"));
        assert_eq!(error.submitted().line(), line);
        let stats = pool.stats().unwrap();
        assert_eq!((stats.done, stats.failed), (3, 1));
        assert_eq!(pool.map_blocking(square, 0..100).unwrap()[99], 99 * 99);
    });
}

#[test]
fn a_running_call_is_killed_by_a_cancel_and_by_a_drop() {
    alone(|| {
        let pool = BlockingPool::new(1).unwrap();
        let runs = pool.submit_blocking(endless::<()>, ());
        let runs = runs.result_timeout(Duration::from_millis(20)).unwrap_err();
        assert!(runs.cancel());
        assert!(matches!(runs.result(), Err(PoolError::Cancelled { .. })));
        drop(pool.submit_blocking(endless::<()>, ()));
        // A new worker does it.
        assert_eq!(pool.submit_blocking(square, 3).result().unwrap(), 9);
    });
}

#[test]
fn a_shutdown_waits_and_later_calls_are_refused() {
    alone(|| {
        let pool = ProcessPool::builder().workers(1).build_blocking().unwrap();
        let job = pool.submit_blocking(square, 4);
        pool.shutdown_blocking();
        assert!(others().is_empty());
        assert_eq!(job.result().unwrap(), 16);
        let late = pool.submit_blocking(square, 4).result();
        assert!(matches!(late, Err(PoolError::Closed { .. })));
    });
}

#[test]
fn dropping_the_last_handle_fails_what_runs() {
    alone(|| {
        let pool = BlockingPool::new(1).unwrap();
        let runs = pool.submit_blocking(endless::<u32>, ());
        let pid = pool.submit_blocking(|()| process::id(), ());
        drop(pool);
        assert!(matches!(runs.result(), Err(PoolError::Closed { .. })));
        assert!(matches!(pid.result(), Err(PoolError::Closed { .. })));
    });
}

#[test]
fn the_last_handle_may_be_dropped_by_the_hidden_loop() {
    static IS_LAST: AtomicBool = AtomicBool::new(false);
    static DROPPED: AtomicBool = AtomicBool::new(false);

    /// An argument with a handle, which does not pass to the worker.
    struct Holder(Option<BlockingPool>);

    impl Serialize for Holder {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            while !IS_LAST.load(Ordering::Acquire) {
                thread::yield_now();
            }
            serializer.serialize_unit()
        }
    }

    impl<'de> Deserialize<'de> for Holder {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Holder, D::Error> {
            <()>::deserialize(deserializer).map(|()| Holder(None))
        }
    }

    impl Drop for Holder {
        fn drop(&mut self) {
            drop(self.0.take());
            DROPPED.store(true, Ordering::Relaxed);
        }
    }

    let _alone = single_file();
    let before = (descriptors(), others());
    let pool = BlockingPool::new(1).unwrap();
    let job = pool.submit_blocking(|_: Holder| (), Holder(Some(pool.clone())));
    drop(pool);
    IS_LAST.store(true, Ordering::Release);
    let error = job.result().unwrap_err();
    assert!(matches!(error, PoolError::Closed { .. }), "{error}");
    assert!(DROPPED.load(Ordering::Relaxed), "the drop has panicked");
    // Nobody joins the hidden thread.
    while (descriptors(), others()) != before {
        thread::yield_now();
    }
}

#[test]
fn a_panic_of_the_callers_code_in_the_hidden_loop_is_the_callers_error() {
    /// Whoever encodes or decodes it panics, as the number says.
    struct Bomb(u8);

    impl Serialize for Bomb {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert_ne!(self.0, 1, "no encoding");
            self.0.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Bomb {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bomb, D::Error> {
            let number = u8::deserialize(deserializer)?;
            assert_ne!(number, 2, "no decoding");
            Ok(Bomb(number))
        }
    }

    fn says(error: &PoolError, words: &str) {
        assert!(matches!(error, PoolError::Panicked { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }

    alone(|| {
        let pool = BlockingPool::new(1).unwrap();
        let encoding = pool.submit_blocking(|_: Bomb| (), Bomb(1)).result();
        says(&encoding.unwrap_err(), "no encoding");
        let decoding = pool.submit_blocking(Bomb, 2).result().map(drop);
        says(&decoding.unwrap_err(), "no decoding");
        let items = (0..).map(|n| if n < 50 { n } else { panic!("no item") });
        says(
            pool.map_blocking(square, items).unwrap_err().error(),
            "no item",
        );
        assert_eq!(pool.submit_blocking(square, 7).result().unwrap(), 49);
    });
}
