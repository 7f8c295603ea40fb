//! Calls that run too long or grow too large.

use crate::acts::{Note, tell_and_spin, write_at_once};
use crate::watch::{alone, is_alive, wait_until};
use roundelay::{PoolError, ProcessPool};
use std::path::PathBuf;
use std::process;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_call_that_runs_longer_than_its_deadline_is_killed_and_no_other() {
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let note = Note::new();
        let spared = pool.submit(|n: u8| n, 1);
        let line = line!() + 5;
        let endless = pool
            .call(tell_and_spin, note.path())
            .label("spin for ever")
            .deadline(SHORT)
            .submit();
        let error = endless.await.unwrap_err();
        let PoolError::Deadline {
            limit,
            pid,
            call,
            submitted,
            ..
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!((*limit, &**call), (SHORT, "spin for ever"));
        assert_eq!((submitted.file(), submitted.line()), (file!(), line));
        wait_until("the worker is dead", || !is_alive(*pid)).await;
        assert_eq!(spared.await.unwrap(), 1);
        let text = error.to_string();
        assert!(
            text.contains("30ms") && text.contains("spin for ever"),
            "{text}"
        );
        // The time in the queue does not count, and a call that keeps its deadline has its result.
        let quick = pool.call(|n: u8| n, 2).deadline(LONG).submit();
        assert_eq!(quick.await.unwrap(), 2);
    });
}

#[test]
fn a_call_is_named_by_the_type_of_its_function_unless_it_has_a_label() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let error = pool
            .submit(|_: u8| -> u16 { process::abort() }, 1)
            .await
            .unwrap_err();
        let PoolError::WorkerDied { call, worker, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((&*call, &*worker), ("fn(u8) -> u16", "pool-worker"));
    });
}

/// Ends itself in an orderly way when SIGTERM comes, and says so.
#[allow(unsafe_code, reason = "std cannot handle signals")]
fn end_when_asked(path: PathBuf) {
    use std::sync::atomic::{AtomicBool, Ordering};
    static ASKED: AtomicBool = AtomicBool::new(false);
    extern "C" fn note(_: i32) {
        ASKED.store(true, Ordering::Relaxed);
    }
    let handler = note as extern "C" fn(i32);
    // SAFETY: the handler stores to an atomic.
    unsafe { libc::signal(libc::SIGTERM, handler as libc::sighandler_t) };
    write_at_once(&path.with_extension("ready"), "");
    while !ASKED.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
    write_at_once(&path, "orderly");
}

#[test]
fn a_grace_lets_a_worker_end_its_work_after_the_deadline() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let job = pool
            .call(end_when_asked, note.path())
            .deadline(Duration::from_millis(200))
            .grace(LONG)
            .submit();
        let ready = note.path().with_extension("ready");
        wait_until("the call handles the signal", || ready.exists()).await;
        assert_eq!(note.read().await, "orderly");
        // It has answered in the end, and too late. An hour is not over: the reply ends the grace.
        let error = job.await.unwrap_err();
        assert!(matches!(error, PoolError::Deadline { .. }), "{error}");
        std::fs::remove_file(ready).unwrap();
        assert_eq!(pool.submit(|n: u8| n, 5).await.unwrap(), 5);
    });
}

#[test]
fn a_worker_that_ignores_the_grace_is_killed_after_it() {
    #[allow(unsafe_code, reason = "std cannot handle signals")]
    fn refuse(path: PathBuf) {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        tell_and_spin(path)
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let note = Note::new();
        let job = pool
            .call(refuse, note.path())
            .deadline(SHORT)
            .grace(SHORT)
            .submit();
        let error = job.await.unwrap_err();
        let PoolError::Deadline { pid, .. } = error else {
            panic!("{error}")
        };
        wait_until("the worker is dead", || !is_alive(pid)).await;
    });
}

/// Fills memory, a little more every millisecond, up to so many mebibytes.
fn fill(mebibytes: usize) -> usize {
    let mut all = Vec::new();
    for _ in 0..mebibytes {
        all.push(vec![1u8; 1 << 20]);
        std::thread::sleep(Duration::from_millis(1));
    }
    std::hint::black_box(&all).len()
}

#[test]
fn a_call_that_holds_more_memory_than_it_may_is_killed() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let most = 128 << 20;
        let job = pool.call(fill, 4096).max_rss(most).deadline(LONG).submit();
        let error = job.await.unwrap_err();
        let PoolError::MemoryLimit {
            limit,
            resident,
            pid,
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert!(limit == most && resident > most, "{resident}");
        assert!(error.to_string().contains("max_rss"), "{error}");
        wait_until("the worker is dead", || !is_alive(pid)).await;
        let modest = pool.call(fill, 8).max_rss(most).submit();
        assert_eq!(modest.await.unwrap(), 8);
    });
}
