//! How workers come to be, how long they serve, and what they find.

use crate::acts::{Note, kill};
use crate::watch::{alone, is_alive, others, status, wait_until};
use roundelay::{PoolError, ProcessPool, gather};
use std::fs;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The process that serves.
fn pid((): ()) -> u32 {
    process::id()
}

#[test]
fn a_worker_is_replaced_after_so_many_calls() {
    alone(async {
        let builder = ProcessPool::builder().workers(1).max_tasks_per_worker(3);
        let pool = builder.build().unwrap();
        let mut pids = Vec::new();
        for _ in 0..9 {
            pids.push(pool.submit(pid, ()).await.unwrap());
        }
        assert!(
            pids.chunks(3)
                .all(|served| served.iter().all(|pid| *pid == served[0]))
        );
        pids.dedup();
        assert_eq!(pids.len(), 3, "{pids:?}");
        // They have ended without being killed, while the pool goes on.
        wait_until("they are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
    });
}

#[test]
fn calls_that_wait_are_done_though_each_worker_does_only_one() {
    alone(async {
        let builder = ProcessPool::builder().workers(2).max_tasks_per_worker(1);
        let pool = builder.build().unwrap();
        let jobs: Vec<_> = (0..100u64)
            .map(|n| pool.submit(|n: u64| n * 2, n))
            .collect();
        let results = gather(jobs).await.unwrap();
        for (n, result) in results.into_iter().enumerate() {
            assert_eq!(result.unwrap(), 2 * n as u64);
        }
    });
}

#[test]
fn a_worker_that_has_grown_is_replaced_after_its_call() {
    fn keep(mebibytes: usize) -> u32 {
        std::mem::forget(std::hint::black_box(vec![1u8; mebibytes << 20]));
        process::id()
    }
    alone(async {
        let builder = ProcessPool::builder().workers(1);
        let pool = builder.max_memory_per_worker(256 << 20).build().unwrap();
        let small = pool.submit(keep, 1).await.unwrap();
        assert_eq!(pool.submit(keep, 300).await.unwrap(), small);
        let fresh = pool.submit(keep, 1).await.unwrap();
        assert_ne!(fresh, small);
    });
}

#[test]
fn an_initializer_runs_once_in_each_worker() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    alone(async {
        let add = |n: u32| RAN.store(RAN.load(Ordering::Relaxed) + n, Ordering::Relaxed);
        let builder = ProcessPool::builder().workers(2).initializer(add, 7);
        let pool = builder.max_tasks_per_worker(4).build().unwrap();
        let look = |(): ()| RAN.load(Ordering::Relaxed);
        let jobs: Vec<_> = (0..20).map(|_| pool.submit(look, ())).collect();
        for seen in gather(jobs).await.unwrap() {
            assert_eq!(seen.unwrap(), 7);
        }
        assert_eq!(RAN.load(Ordering::Relaxed), 0, "not in this process");
    });
}

/// Adds a line to the file, and does what it ends with.
fn fail_and_count((path, how): (PathBuf, u8)) {
    use std::io::Write;
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(b".").unwrap();
    match how {
        0 => panic!("no luck"),
        1 => process::exit(3),
        2 => process::abort(),
        _ => {}
    }
}

#[test]
fn an_initializer_that_fails_is_an_error_of_those_that_wait_and_is_not_tried_without_end() {
    alone(async {
        for (how, word) in [(0, "no luck"), (1, "exit status: 3"), (2, "SIGABRT")] {
            let note = Note::new();
            let builder = ProcessPool::builder().workers(1).min_workers(1);
            let builder = builder.initializer(fail_and_count, (note.path(), how));
            let pool = builder.build().unwrap();
            let jobs: Vec<_> = (0..50u8).map(|n| pool.submit(|n: u8| n, n)).collect();
            for result in gather(jobs).await.unwrap() {
                let error = result.unwrap_err();
                assert!(
                    matches!(error, PoolError::InitializerFailed { .. }),
                    "{error}"
                );
                assert!(error.to_string().contains(word), "{error}");
            }
            let tries = || fs::read_to_string(note.path()).unwrap().len();
            assert_eq!(tries(), 3);
            // One more call, one more try.
            pool.submit(|n: u8| n, 1).await.unwrap_err();
            assert_eq!(tries(), 4);
        }
    });
}

#[test]
fn an_initializer_that_is_killed_is_tried_more_often_and_not_without_end() {
    fn count_and_be_killed(path: PathBuf) {
        fail_and_count((path, 3));
        crate::acts::kill_at_once(process::id());
    }
    alone(async {
        let note = Note::new();
        let builder = ProcessPool::builder().workers(1);
        let builder = builder.initializer(count_and_be_killed, note.path());
        let pool = builder.build().unwrap();
        let jobs: Vec<_> = (0..20u8).map(|n| pool.submit(|n: u8| n, n)).collect();
        for result in gather(jobs).await.unwrap() {
            let error = result.unwrap_err();
            assert!(error.to_string().contains("SIGKILL"), "{error}");
        }
        assert_eq!(fs::read_to_string(note.path()).unwrap().len(), 11);
    });
}

#[test]
fn a_pool_whose_initializer_works_again_works_again() {
    fn fail_while_there(path: PathBuf) {
        assert!(!path.exists(), "it is there");
    }
    alone(async {
        let note = Note::new();
        fs::write(note.path(), "").unwrap();
        let builder = ProcessPool::builder().workers(1);
        let builder = builder.initializer(fail_while_there, note.path());
        let pool = builder.build().unwrap();
        pool.submit(pid, ()).await.unwrap_err();
        fs::remove_file(note.path()).unwrap();
        pool.submit(pid, ()).await.unwrap();
    });
}

#[test]
fn what_zygote_init_has_loaded_is_in_every_worker() {
    static LOADED_BY: AtomicU32 = AtomicU32::new(0);
    alone(async {
        let load = || LOADED_BY.store(process::id(), Ordering::Relaxed);
        let pool = ProcessPool::builder()
            .workers(2)
            .zygote_init(load)
            .build()
            .unwrap();
        let look = |(): ()| (LOADED_BY.load(Ordering::Relaxed), parent_id());
        let jobs: Vec<_> = (0..8).map(|_| pool.submit(look, ())).collect();
        for seen in gather(jobs).await.unwrap() {
            let (loaded_by, zygote) = seen.unwrap();
            assert_eq!(loaded_by, zygote);
        }
        assert_eq!(LOADED_BY.load(Ordering::Relaxed), 0, "not in this process");
    });
}

#[test]
fn a_zygote_init_that_fails_is_an_error_of_the_calls() {
    alone(async {
        let panics: fn() = || panic!("no table here");
        let threads: fn() = || drop(std::thread::spawn(|| std::thread::sleep(Duration::MAX)));
        for (init, word) in [(panics, "no table here"), (threads, "thread")] {
            let builder = ProcessPool::builder().workers(1).zygote_init(init);
            let pool = builder.build().unwrap();
            for _ in 0..3 {
                let error = pool.submit(pid, ()).await.unwrap_err();
                assert!(
                    matches!(error, PoolError::InitializerFailed { .. }),
                    "{error}"
                );
                assert!(error.to_string().contains(word), "{error}");
            }
        }
        // One that ends its process is replaced once for each call, and not without end.
        let builder = ProcessPool::builder().workers(1);
        let pool = builder.zygote_init(|| process::exit(9)).build().unwrap();
        let error = pool.submit(pid, ()).await.unwrap_err();
        assert!(matches!(error, PoolError::Io { .. }), "{error}");
    });
}

#[test]
fn workers_that_are_idle_end_and_as_many_as_asked_for_stay() {
    alone(async {
        let builder = ProcessPool::builder().workers(3).min_workers(1);
        let pool = builder
            .idle_time(Duration::from_millis(20))
            .build()
            .unwrap();
        let sleep = |(): ()| std::thread::sleep(Duration::from_millis(10));
        let jobs: Vec<_> = (0..6).map(|_| pool.submit(sleep, ())).collect();
        gather(jobs).await.unwrap();
        wait_until("the zygote and one worker are left", || others().len() == 2).await;
        // The one is replaced when it dies, without being asked for.
        let last = pool.submit(pid, ()).await.unwrap();
        kill(&last.to_string());
        wait_until("there is another", || {
            others().len() == 2 && !is_alive(last)
        })
        .await;
        assert_ne!(pool.submit(pid, ()).await.unwrap(), last);
    });
}

#[test]
fn the_least_number_of_workers_is_there_before_the_first_call() {
    alone(async {
        let pool = ProcessPool::builder()
            .workers(3)
            .min_workers(2)
            .build()
            .unwrap();
        wait_until("the zygote and two workers", || others().len() == 3).await;
        pool.submit(pid, ()).await.unwrap();
        assert_eq!(others().len(), 3);
    });
}

#[test]
fn the_least_number_of_workers_is_restored_and_not_without_end() {
    /// Ends the worker a moment after it has got ready.
    fn end_soon(path: PathBuf) {
        fail_and_count((path, 3));
        std::thread::spawn(|| {
            // Long enough for the initializer to return.
            std::thread::sleep(Duration::from_millis(200));
            process::exit(0)
        });
    }
    alone(async {
        let note = Note::new();
        let builder = ProcessPool::builder().workers(1).min_workers(1);
        let pool = builder.initializer(end_soon, note.path()).build().unwrap();
        let started = || fs::read_to_string(note.path()).map_or(0, |dots| dots.len());
        wait_until("three have tried", || started() == 3).await;
        wait_until("the zygote alone is left", || others().len() == 1).await;
        // The loop knows of the last death by now, or soon; then nothing more happens.
        roundelay::sleep(Duration::from_millis(50)).await;
        assert_eq!(started(), 3);
        pool.close();
    });
}

#[test]
fn workers_have_the_name_the_directory_and_the_variables_they_were_given() {
    type Seen = (String, PathBuf, Option<String>, Option<String>, String);
    fn look((): ()) -> Seen {
        let variable = |name: &str| std::env::var(name).ok();
        (
            fs::read_to_string("/proc/self/comm").unwrap(),
            std::env::current_dir().unwrap(),
            variable("ROUNDELAY_TEST"),
            variable("PATH"),
            fs::read_to_string("/proc/self/oom_score_adj").unwrap(),
        )
    }
    alone(async {
        let directory = fs::canonicalize(std::env::temp_dir()).unwrap();
        let builder = ProcessPool::builder().workers(1).name("resize");
        let builder = builder.current_dir(&directory).oom_score_adj(900);
        let builder = builder.env("ROUNDELAY_TEST", "yes").env_remove("PATH");
        let pool = builder.build().unwrap();
        let (name, in_directory, given, taken, adjustment) = pool.submit(look, ()).await.unwrap();
        assert_eq!((&*name, in_directory), ("resize\n", directory));
        assert_eq!((given.as_deref(), taken), (Some("yes"), None));
        assert_eq!(adjustment.trim(), "900");
        let end = pool.submit(|(): ()| process::exit(1), ()).await;
        let error: PoolError = end.map(|(): ()| ()).unwrap_err();
        assert!(error.to_string().contains("`resize`"), "{error}");
    });
}

#[test]
fn a_directory_that_is_not_there_is_named_by_the_error() {
    alone(async {
        let builder = ProcessPool::builder().workers(1);
        let pool = builder.current_dir("/is/not/there").build().unwrap();
        let error = pool.submit(pid, ()).await.unwrap_err();
        assert!(matches!(error, PoolError::Io { .. }), "{error}");
        assert!(error.to_string().contains("/is/not/there"), "{error}");
    });
}

#[test]
fn a_worker_is_not_in_the_group_of_the_program() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let worker = pool.submit(pid, ()).await.unwrap();
        // The fields after the name: state, parent, group. Ctrl-C in a terminal goes to a group.
        let group = |pid: u32| status(pid).unwrap()[2].clone();
        assert_ne!(group(worker), group(process::id()));
    });
}
