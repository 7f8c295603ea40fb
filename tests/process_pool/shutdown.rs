//! Pools that end in peace, and queues with a limit.

use crate::acts::{Note, exit_at_once, fork, tell_and_wait, write_at_once};
use crate::watch::{alone, others, wait_until, within};
use roundelay::pool::Full;
use roundelay::{PoolError, ProcessPool, sleep, spawn, timeout};
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::OnceLock;
use std::time::Duration;

#[test]
fn shutdown_waits_for_the_accepted_calls_and_refuses_others() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let runs = pool.submit(tell_and_wait, note.path());
        let waits = pool.submit(|n: u8| n, 2);
        note.read().await;
        let ending = spawn({
            let pool = pool.clone();
            async move { pool.shutdown().await }
        });
        sleep(Duration::from_millis(5)).await;
        let late = pool.submit(|n: u8| n, 3).await.unwrap_err();
        assert!(matches!(late, PoolError::Closed { .. }), "{late}");
        assert!(!ending.is_finished());
        fs::remove_file(note.path()).unwrap();
        ending.await.unwrap();
        assert!(others().is_empty(), "nobody is left when it returns");
        assert_eq!(runs.await.unwrap(), "unharmed");
        assert_eq!(waits.await.unwrap(), 2);
        pool.shutdown().await;
        pool.close();
    });
}

#[test]
fn a_pool_that_did_nothing_shuts_down() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        within(pool.shutdown()).await;
        let pool = ProcessPool::builder()
            .workers(2)
            .min_workers(2)
            .build()
            .unwrap();
        within(pool.shutdown()).await;
        assert!(others().is_empty());
    });
}

#[test]
fn workers_run_what_is_registered_for_their_exit_when_the_pool_shuts_down() {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    extern "C" fn at_exit() {
        std::thread::sleep(Duration::from_millis(50));
        write_at_once(PATH.get().unwrap(), "farewell");
    }
    #[allow(unsafe_code, reason = "std has no atexit")]
    fn register(path: PathBuf) {
        PATH.set(path).unwrap();
        // SAFETY: the function may be called at any time.
        assert_eq!(unsafe { libc::atexit(at_exit) }, 0);
    }
    alone(async {
        let (peace, retired, force) = (Note::new(), Note::new(), Note::new());
        let pool = ProcessPool::new(1).unwrap();
        pool.submit(register, peace.path()).await.unwrap();
        pool.shutdown().await;
        assert_eq!(fs::read_to_string(peace.path()).unwrap(), "farewell");

        // Also of one that has been replaced, and takes its time.
        let builder = ProcessPool::builder().workers(1);
        let pool = builder.max_tasks_per_worker(1).build().unwrap();
        pool.submit(register, retired.path()).await.unwrap();
        pool.shutdown().await;
        assert_eq!(fs::read_to_string(retired.path()).unwrap(), "farewell");

        let pool = ProcessPool::new(1).unwrap();
        pool.submit(register, force.path()).await.unwrap();
        pool.close();
        assert!(!force.path().exists());
    });
}

#[test]
fn a_shutdown_that_is_given_up_goes_on_and_close_ends_it_at_once() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let endless = pool.submit(|(): ()| std::thread::sleep(Duration::MAX), ());
        let waits = pool.submit(|n: u8| n, 1);
        timeout(Duration::from_millis(20), pool.shutdown())
            .await
            .unwrap_err();
        pool.submit(|n: u8| n, 1).await.unwrap_err();
        pool.close();
        pool.shutdown().await;
        for error in [endless.await.unwrap_err(), waits.await.unwrap_err()] {
            assert!(matches!(error, PoolError::Closed { .. }), "{error}");
        }
    });
}

#[test]
fn a_job_dropped_during_the_shutdown_does_not_hold_it_up() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let endless = pool.submit(crate::acts::tell_and_spin, note.path());
        note.read().await;
        let ending = spawn({
            let pool = pool.clone();
            async move { pool.shutdown().await }
        });
        sleep(Duration::from_millis(5)).await;
        drop(endless);
        within(ending).await.unwrap();
    });
}

#[test]
fn a_full_queue_refuses_and_gives_the_argument_back() {
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .queue_limit(1)
            .build()
            .unwrap();
        let note = Note::new();
        let runs = pool.submit(tell_and_wait, note.path());
        note.read().await;
        let length = |text: String| text.len();
        let waits = pool.try_submit(length, "a".into()).unwrap();
        let Full(back) = pool.try_submit(length, "more".into()).unwrap_err();
        assert_eq!(back, "more");
        fs::remove_file(note.path()).unwrap();
        assert_eq!(runs.await.unwrap(), "unharmed");
        assert_eq!(waits.await.unwrap(), 1);
        let again = pool.try_submit(length, back).unwrap();
        assert_eq!(again.await.unwrap(), 4);
    });
}

#[test]
fn a_call_without_a_place_waits_for_one_in_its_turn() {
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .queue_limit(1)
            .build()
            .unwrap();
        let note = Note::new();
        let runs = pool.submit(tell_and_wait, note.path());
        note.read().await;
        let placed = pool.submit(|n: u8| n, 1);
        within(placed.accepted()).await;
        let (second, third) = (pool.submit(|n: u8| n, 2), pool.submit(|n: u8| n, 3));
        let short = Duration::from_millis(5);
        timeout(short, second.accepted()).await.unwrap_err();
        // Who leaves the queue makes room for the first in line, and for nobody else.
        drop(placed);
        within(second.accepted()).await;
        timeout(short, third.accepted()).await.unwrap_err();
        // Who leaves the line does not hold up the others.
        let fourth = pool.submit(|n: u8| n, 4);
        drop(third);
        fs::remove_file(note.path()).unwrap();
        assert_eq!(runs.await.unwrap(), "unharmed");
        assert_eq!(second.await.unwrap(), 2);
        within(fourth.accepted()).await;
        assert_eq!(fourth.await.unwrap(), 4);
    });
}

#[test]
fn a_call_that_never_had_a_place_is_refused_by_the_shutdown() {
    alone(async {
        let pool = ProcessPool::builder()
            .workers(1)
            .queue_limit(0)
            .build()
            .unwrap();
        let first = pool.submit(|(): ()| process::id(), ());
        let in_line = pool.submit(|(): ()| process::id(), ());
        pool.shutdown().await;
        first.await.unwrap();
        in_line.accepted().await;
        let error = in_line.await.unwrap_err();
        assert!(matches!(error, PoolError::Closed { .. }), "{error}");
    });
}

#[test]
fn a_shutdown_ends_though_the_zygotes_socket_stays_open() {
    const NOTE: &str = "ROUNDELAY_TEST_HOLDER";
    #[allow(unsafe_code, reason = "a fork")]
    fn leave_a_child() {
        // SAFETY: this process has one thread.
        if unsafe { fork() } == 0 {
            let path = PathBuf::from(std::env::var_os(NOTE).unwrap());
            tell_and_wait(path);
            exit_at_once(0);
        }
    }
    alone(async {
        let note = Note::new();
        let builder = ProcessPool::builder().workers(1).zygote_init(leave_a_child);
        let pool = builder.env(NOTE, note.path()).build().unwrap();
        assert_eq!(pool.submit(|n: u8| n, 1).await.unwrap(), 1);
        note.read().await;
        within(pool.shutdown()).await;
        fs::remove_file(note.path()).unwrap();
        wait_until("the child is gone", || others().is_empty()).await;
    });
}
