//! Workers and zygotes that die, each with its own call and no other.

use crate::acts::{Note, fork, kill, tell_and_spin, tell_and_wait};
use crate::watch::{alone, is_alive, is_worker, others, wait_until, within};
use roundelay::{PoolError, ProcessPool, sleep};
use std::fs;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::path::PathBuf;
use std::process;
use std::time::Duration;

#[test]
fn a_worker_that_is_killed_fails_its_own_call_and_no_other() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let (doomed, spared) = (Note::new(), Note::new());
        let lost = pool.submit(tell_and_spin, doomed.path());
        let kept = pool.submit(tell_and_wait, spared.path());
        let queued = pool.submit(|n: u8| n, 9);
        let pid = doomed.read().await;
        spared.read().await;
        kill(&pid);
        let error = lost.await.unwrap_err();
        let PoolError::WorkerDied {
            pid: dead,
            status: Some(status),
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((dead.to_string(), status.signal()), (pid, Some(9)));
        assert!(error.to_string().contains("signal: 9 (SIGKILL)"), "{error}");
        assert_eq!(queued.await.unwrap(), 9, "a new worker took the next call");
        fs::remove_file(spared.path()).unwrap();
        assert_eq!(kept.await.unwrap(), "unharmed");
    });
}

#[test]
fn an_abort_and_an_exit_are_told_apart() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let status = |error: PoolError| match error {
            PoolError::WorkerDied {
                status: Some(status),
                ..
            } => (status.signal(), status.code()),
            other => panic!("{other}"),
        };
        let abort = pool
            .submit(|(): ()| -> () { process::abort() }, ())
            .await
            .unwrap_err();
        assert_eq!(status(abort), (Some(6), None));
        let exit = pool
            .submit(|(): ()| -> () { process::exit(3) }, ())
            .await
            .unwrap_err();
        assert_eq!(status(exit), (None, Some(3)));
        let success = pool
            .submit(|(): ()| -> () { process::exit(0) }, ())
            .await
            .unwrap_err();
        assert_eq!(status(success), (None, Some(0)));
        assert_eq!(pool.submit(|n: u8| n, 1).await.unwrap(), 1);
    });
}

#[test]
fn a_segmentation_fault_and_a_stack_overflow_are_signals() {
    #[allow(unsafe_code, reason = "that is how one gets the signal")]
    fn fault(address: usize) -> u8 {
        // SAFETY: none, on purpose: the process is to die of it.
        unsafe { std::ptr::read_volatile(std::ptr::with_exposed_provenance::<u8>(address)) }
    }
    #[allow(unconditional_recursion, reason = "on purpose")]
    fn overflow(n: u64) -> u64 {
        std::hint::black_box(overflow(std::hint::black_box(n) + 1)) + 1
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for job in [
            pool.submit(|n: u64| fault(n as usize) as u64, 8),
            pool.submit(overflow, 0),
        ] {
            let error = job.await.unwrap_err();
            let PoolError::WorkerDied {
                status: Some(status),
                ..
            } = error
            else {
                panic!("{error}")
            };
            assert!(matches!(status.signal(), Some(6 | 11)), "{error}");
        }
    });
}

#[test]
fn a_worker_that_dies_idle_is_replaced_without_an_error() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        for _ in 0..20 {
            let pid = pool.submit(|(): ()| process::id(), ()).await.unwrap();
            kill(&pid.to_string());
            wait_until("the worker is dead", || !is_alive(pid)).await;
            assert_ne!(pool.submit(|(): ()| process::id(), ()).await.unwrap(), pid);
        }
    });
}

#[test]
fn a_zygote_that_is_killed_fails_what_runs_and_is_replaced() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        // While a call runs ...
        let note = Note::new();
        let zygote = pool.submit(|(): ()| parent_id(), ()).await.unwrap();
        let running = pool.submit(tell_and_spin, note.path());
        note.read().await;
        kill(&zygote.to_string());
        let error = running.await.unwrap_err();
        assert!(
            matches!(error, PoolError::WorkerDied { status: None, .. }),
            "{error}"
        );
        // ... and while the pool is idle.
        let next = pool.submit(|(): ()| parent_id(), ()).await.unwrap();
        assert_ne!(next, zygote);
        kill(&next.to_string());
        wait_until("the workers are dead", || others().is_empty()).await;
        assert_eq!(pool.submit(|n: u8| n, 5).await.unwrap(), 5);
    });
}

#[test]
fn a_death_is_noticed_though_the_socket_stays_open() {
    #[allow(
        unsafe_code,
        reason = "std has no fork; the child's copy of the socket is the point"
    )]
    fn leave_a_child(path: PathBuf) {
        // SAFETY: the child makes one system call at a time and no allocation.
        let child = unsafe { fork() };
        if child == 0 {
            loop {
                std::hint::spin_loop();
            }
        }
        fs::write(path, child.to_string()).unwrap();
        process::abort();
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let error = within(pool.submit(leave_a_child, note.path()))
            .await
            .unwrap_err();
        let child = note.read().await;
        kill(&child);
        wait_until("the child is dead", || !is_alive(child.parse().unwrap())).await;
        assert!(matches!(error, PoolError::WorkerDied { .. }), "{error}");
    });
}

#[test]
fn workers_that_are_killed_again_and_again_do_not_hold_up_the_pool() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let (mut done, mut died) = (0, 0);
        for _ in 0..50 {
            let work = |n: u64| {
                // Longer than it takes to find and kill the workers, on a busy machine too.
                std::thread::sleep(Duration::from_millis(10));
                n
            };
            let jobs: Vec<_> = (0..4).map(|n| pool.submit(work, n)).collect();
            sleep(Duration::from_micros(500)).await;
            // The zygote lives, or the next round would have to start one first.
            others()
                .iter()
                .filter(|pid| is_worker(**pid))
                .for_each(|pid| kill(&pid.to_string()));
            for job in jobs {
                match job.await {
                    Ok(_) => done += 1,
                    Err(PoolError::WorkerDied {
                        status: Some(_), ..
                    }) => died += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        assert!(done > 0 && died > 0 && done + died == 200, "{done} {died}");
        assert_eq!(pool.submit(|n: u8| n, 5).await.unwrap(), 5);
    });
}
