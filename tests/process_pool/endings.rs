//! Calls that are given up, pools that are closed, programs that are killed.

use crate::acts::{
    Note, exit_at_once, exit_code, fork, tell_and_spin, tell_and_wait, write_at_once,
};
use crate::watch::{alone, descriptors, is_alive, others, single_file, wait_until};
use roundelay::{PoolError, ProcessPool, timeout};
use std::fs;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn dropping_the_job_of_a_running_call_kills_its_worker() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let job = pool.submit(tell_and_spin, note.path());
        let pid = note.read().await.parse().unwrap();
        drop(job);
        wait_until("the worker is dead", || !is_alive(pid)).await;
        assert_ne!(pool.submit(|(): ()| process::id(), ()).await.unwrap(), pid);
    });
}

#[test]
fn dropping_the_job_of_a_queued_call_takes_it_out_of_the_queue() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let (first, never) = (Note::new(), Note::new());
        let running = pool.submit(tell_and_wait, first.path());
        let queued = pool.submit(
            |path: PathBuf| fs::write(path, "ran").unwrap(),
            never.path(),
        );
        let last = pool.submit(|n: u8| n, 1);
        first.read().await;
        drop(queued);
        fs::remove_file(first.path()).unwrap();
        assert_eq!(running.await.unwrap(), "unharmed");
        assert_eq!(last.await.unwrap(), 1);
        assert!(!never.path().exists());
    });
}

#[test]
fn a_call_can_be_given_up_at_any_moment() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        for round in 0..100u64 {
            let job = pool.submit(|n: u64| n * 2, round);
            // From "not begun" over "the worker is being forked" to "the reply is there".
            let _ = timeout(Duration::from_micros(20 * round), job).await;
        }
        assert_eq!(pool.submit(|n: u64| n * 2, 4).await.unwrap(), 8);
    });
}

#[test]
fn dropping_the_pool_ends_what_runs_and_what_waits() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let done = pool.submit(|n: u8| n, 1);
        let running = pool.submit(tell_and_spin, note.path());
        let queued = pool.submit(|n: u8| n, 2);
        note.read().await;
        let clone = pool.clone();
        drop(pool);
        assert_eq!(others().len(), 2, "a clone keeps the pool");
        drop(clone);
        assert!(
            others().is_empty(),
            "the processes are gone when the drop returns"
        );
        assert_eq!(done.await.unwrap(), 1, "what was done is not lost");
        for error in [running.await.unwrap_err(), queued.await.unwrap_err()] {
            assert!(matches!(error, PoolError::Closed { .. }), "{error}");
        }
    });
}

#[test]
fn a_closed_pool_leaves_nothing_open_while_the_loop_goes_on() {
    alone(async {
        let before = descriptors();
        for _ in 0..3 {
            let pool = ProcessPool::new(2).unwrap();
            let jobs = [pool.submit(|n: u8| n, 1), pool.submit(|n: u8| n, 2)];
            for job in jobs {
                job.await.unwrap();
            }
            drop(pool);
            assert!(others().is_empty());
            wait_until("all is closed", || descriptors() == before).await;
        }
    });
}

#[test]
fn a_pool_outside_of_a_loop_is_an_error() {
    let error = ProcessPool::new(1).unwrap_err();
    assert!(error.to_string().contains("roundelay::run"), "{error}");
}

#[test]
fn a_closed_pool_refuses_calls() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        pool.close();
        pool.close();
        let error = pool.submit(|n: u8| n, 1).await.unwrap_err();
        assert!(matches!(error, PoolError::Closed { .. }), "{error}");
    });
}

#[test]
fn a_loop_that_ends_takes_the_workers_along() {
    let (pool, running, queued) = alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let running = pool.submit(tell_and_spin, note.path());
        let queued = pool.submit(|n: u8| n, 1);
        note.read().await;
        (pool, running, queued)
    });
    // `alone` has seen that they are gone. The jobs know it, too.
    alone(async {
        assert!(matches!(
            running.await.unwrap_err(),
            PoolError::Closed { .. }
        ));
        assert!(matches!(
            queued.await.unwrap_err(),
            PoolError::Closed { .. }
        ));
        assert!(matches!(
            pool.submit(|n: u8| n, 1).await.unwrap_err(),
            PoolError::Closed { .. }
        ));
    });
}

#[test]
fn a_forked_child_leaves_the_pool_alone() {
    /// Forks while a call runs; the child drops all it has of the pool. In a process of one thread,
    /// so that the child may do what it likes.
    fn fork_and_drop(path: PathBuf) -> u8 {
        roundelay::run(async move {
            let pool = ProcessPool::new(1).unwrap();
            let running = pool.submit(tell_and_wait, path.clone());
            wait_until("the call runs", || path.exists()).await;
            #[allow(unsafe_code, reason = "see `fork`")]
            // SAFETY: the process has one thread.
            let child = unsafe { fork() };
            if child == 0 {
                drop((running, pool));
                // Without what a program does at its end: that is not the matter here.
                exit_at_once(7);
            }
            assert_eq!(exit_code(child), Some(7));
            fs::remove_file(path).unwrap();
            assert_eq!(running.await.unwrap(), "unharmed");
            pool.submit(|n: u8| n, 1).await.unwrap()
        })
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        assert_eq!(
            pool.submit(fork_and_drop, Note::new().path())
                .await
                .unwrap(),
            1
        );
    });
}

#[test]
fn no_process_outlives_a_program_that_is_killed() {
    let _alone = single_file();
    let note = Note::new();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args([
            "--exact",
            "endings::the_program_that_is_killed",
            "--ignored",
        ])
        .env("NOTE", note.path());
    let mut program = program.stdout(Stdio::null()).spawn().unwrap();
    let pids: Vec<u32> = roundelay::run(note.read())
        .split(' ')
        .map(|pid| pid.parse().unwrap())
        .collect();
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    program.kill().unwrap();
    program.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    while pids.iter().any(|pid| is_alive(*pid)) {
        assert!(
            Instant::now() < deadline,
            "two seconds later somebody of {pids:?} lives"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
#[ignore = "not a test: the program that `no_process_outlives_a_program_that_is_killed` runs"]
fn the_program_that_is_killed() {
    let Some(path) = std::env::var_os("NOTE").map(PathBuf::from) else {
        return;
    };
    roundelay::run(async {
        let pool = ProcessPool::new(2).unwrap();
        let note = Note::new();
        let spinning = pool.submit(tell_and_spin, note.path());
        let busy = note.read().await;
        let (idle, zygote) = pool
            .submit(|(): ()| (process::id(), parent_id()), ())
            .await
            .unwrap();
        drop(note);
        write_at_once(&path, &format!("{busy} {idle} {zygote}"));
        spinning.await.unwrap();
    });
}
