//! A pool whose loop and workers try for a while before they sleep.

use crate::acts::kill;
use crate::watch::{alone, status};
use roundelay::{PoolError, ProcessPool, sleep, spawn};
use std::process;
use std::time::{Duration, Instant};

fn busy_pool(window: Duration) -> ProcessPool {
    let builder = ProcessPool::builder().workers(1).busy_poll(window);
    builder.build().unwrap()
}

/// Longer than any test waits: who gets its word only after that hangs.
const FOR_EVER: Duration = Duration::from_secs(3600);

#[test]
fn calls_timers_and_other_threads_are_heard_while_the_loop_tries() {
    alone(async {
        let pool = busy_pool(FOR_EVER);
        for n in 0..100u64 {
            assert_eq!(pool.submit(|n: u64| n + 1, n).await.unwrap(), n + 1);
        }
        let endless = pool.submit(
            |()| -> () {
                loop {
                    std::hint::spin_loop()
                }
            },
            (),
        );
        let begun = Instant::now();
        let nap = Duration::from_millis(5);
        sleep(nap).await;
        assert!(begun.elapsed() >= nap);
        assert_eq!(roundelay::spawn_blocking(|| 7).await.unwrap(), 7);
        let ticks = spawn(async {
            for _ in 0..10 {
                sleep(Duration::from_micros(300)).await;
            }
        });
        ticks.await.unwrap();
        drop(endless);
        assert_eq!(
            pool.submit(|n: u8| n, 7).await.unwrap(),
            7,
            "the next worker tries, too"
        );
    });
}

#[test]
fn a_death_is_noticed_while_the_loop_tries() {
    alone(async {
        let pool = busy_pool(FOR_EVER);
        for _ in 0..5 {
            let error = pool
                .submit(|()| process::abort(), ())
                .await
                .map(|(): ()| ())
                .unwrap_err();
            assert!(matches!(error, PoolError::WorkerDied { .. }), "{error}");
        }
        let worker = pool.submit(|(): ()| process::id(), ()).await.unwrap();
        kill(&worker.to_string());
        assert_ne!(
            pool.submit(|(): ()| process::id(), ()).await.unwrap(),
            worker
        );
    });
}

#[test]
fn a_loop_whose_calls_are_done_does_not_try_any_more() {
    /// The time that the process has had on a core, in hundredths of a second.
    fn core_time(pid: u32) -> u64 {
        let fields = status(pid).unwrap();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
    alone(async {
        let pool = busy_pool(Duration::from_micros(50));
        let worker = pool.submit(|(): ()| process::id(), ()).await.unwrap();
        let before = core_time(process::id()) + core_time(worker);
        sleep(Duration::from_millis(400)).await;
        let taken = core_time(process::id()) + core_time(worker) - before;
        // One that tries all the time has forty; the other tests wait for this one.
        assert!(taken < 20, "{taken}");
    });
}
