//! Programs that are not kind to a pool: with forks and threads, with closed standard descriptors, with no descriptor
//! left.

use crate::acts::{Note, exit_at_once, exit_code, fork, limit_descriptors};
use crate::watch::{alone, alone_for, descriptors, others, single_file};
use roundelay::{PoolError, ProcessPool, gather};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Runs a function of this file in a program of its own.
fn program(name: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args([
        "--exact",
        &format!("hosts::{name}"),
        "--ignored",
        "--nocapture",
    ]);
    program
}

#[test]
fn a_pool_works_in_a_program_that_forks_and_has_threads() {
    let _alone = single_file();
    let mut host = program("the_program_with_forks_and_threads");
    let output = host.env("HOST", "1").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

/// Set when the program with forks and threads has seen enough.
static OVER: AtomicBool = AtomicBool::new(false);

fn fork_without_end() {
    while !OVER.load(Ordering::Relaxed) {
        #[allow(unsafe_code, reason = "see `fork`")]
        // SAFETY: the child only sleeps and ends, both by a plain system call.
        let child = unsafe { fork() };
        if child == 0 {
            thread::sleep(Duration::from_millis(5));
            exit_at_once(7);
        }
        assert_eq!(exit_code(child), Some(7));
    }
}

#[test]
#[ignore = "not a test: the program that `a_pool_works_in_a_program_that_forks_and_has_threads` runs"]
fn the_program_with_forks_and_threads() {
    if std::env::var_os("HOST").is_none() {
        return;
    }
    // They hold the locks of standard output and of the allocator most of the time.
    let printers = [0, 1].map(|_| {
        thread::spawn(|| {
            while !OVER.load(Ordering::Relaxed) {
                let line = "x".repeat(100);
                writeln!(std::io::stdout(), "{line}").unwrap();
            }
        })
    });
    alone_for(Duration::from_secs(60), async {
        let forker = thread::spawn(fork_without_end);
        for _ in 0..5 {
            let pool = ProcessPool::new(2).unwrap();
            for round in 0..20u64 {
                let jobs = (0..4).map(|n| pool.submit(|n: u64| n * 2, n + round));
                for (n, result) in gather(jobs).await.unwrap().into_iter().enumerate() {
                    assert_eq!(result.unwrap(), 2 * (n as u64 + round));
                }
                let print = |n: u64| println!("worker {n}");
                drop(pool.submit(print, round));
                let abort = pool.submit(|(): ()| -> () { process::abort() }, ());
                abort.await.unwrap_err();
            }
            pool.shutdown().await;
        }
        OVER.store(true, Ordering::Relaxed);
        forker.join().unwrap();
    });
    for printer in printers {
        printer.join().unwrap();
    }
}

#[test]
fn a_pool_works_in_a_program_whose_standard_descriptors_are_closed() {
    let _alone = single_file();
    for closed_by in ["shell", "program"] {
        let note = Note::new();
        let mut shell = Command::new("sh");
        let redirected = if closed_by == "shell" {
            "<&- >&- 2>&-"
        } else {
            ""
        };
        shell
            .arg("-c")
            .arg(format!("exec \"$0\" \"$@\" {redirected}"))
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "hosts::the_program_without_standard_descriptors",
                "--ignored",
            ])
            .env("NOTE", note.path())
            .env("CLOSED_BY", closed_by)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        shell.status().unwrap();
        let told = fs::read_to_string(note.path()).unwrap_or_default();
        assert_eq!(told, "300 calls done, last words: farewell", "{closed_by}");
    }
}

#[test]
#[ignore = "not a test: the program that the test above runs"]
fn the_program_without_standard_descriptors() {
    let Some(path) = std::env::var_os("NOTE").map(PathBuf::from) else {
        return;
    };
    if std::env::var_os("CLOSED_BY").is_some_and(|by| by == "program") {
        #[allow(unsafe_code, reason = "std does not close them")]
        for standard in 0..3 {
            // SAFETY: they are nobody's property.
            unsafe { libc::close(standard) };
        }
    }
    roundelay::run(async {
        let pool = ProcessPool::new(2).unwrap();
        // Prints must not get into a socket that has the number of a standard descriptor.
        let print = |n: u64| {
            println!("{n}");
            eprintln!("{n}");
            n
        };
        let jobs = (0..300).map(|n| pool.submit(print, n));
        let done = gather(jobs).await.unwrap();
        assert!(
            done.iter()
                .zip(0..)
                .all(|(n, expected)| *n.as_ref().unwrap() == expected)
        );
        println!("to nobody");
        eprintln!("to nobody");
        let say_and_die = |(): ()| -> () {
            eprintln!("farewell");
            process::abort()
        };
        let error = pool.submit(say_and_die, ()).await.unwrap_err();
        let PoolError::WorkerDied { stderr, .. } = error else {
            panic!("{error}")
        };
        pool.shutdown().await;
        let told = format!("{} calls done, last words: {stderr}", done.len());
        fs::write(path, told).unwrap();
    });
}

#[test]
fn a_pool_that_starts_without_descriptors_says_so_and_loses_none() {
    /// In a process of its own, since the lack is the whole process's.
    fn start_without((): ()) -> Vec<String> {
        limit_descriptors(60);
        roundelay::run(async {
            let before = descriptors();
            let mut errors = Vec::new();
            // From no descriptor at all to enough of them, each step of the start fails once.
            for free in 0..16 {
                let open = || fs::File::open("/dev/null");
                let mut files: Vec<_> = std::iter::from_fn(|| open().ok()).collect();
                files.truncate(files.len().saturating_sub(free));
                let pool = ProcessPool::builder()
                    .workers(2)
                    .min_workers(1)
                    .build()
                    .unwrap();
                match pool.submit(|n: u8| n, 1).await {
                    Ok(_) => {}
                    Err(error @ PoolError::Io { .. }) => errors.push(error.to_string()),
                    Err(other) => panic!("{other}"),
                }
                pool.close();
                drop((pool, files));
                assert!(others_of_this().is_empty());
                crate::watch::wait_until("all is closed", || descriptors() == before).await;
            }
            let pool = ProcessPool::new(1).unwrap();
            assert_eq!(pool.submit(|n: u8| n, 7).await.unwrap(), 7);
            errors
        })
    }
    /// The children of this process.
    fn others_of_this() -> Vec<u32> {
        let own = process::id().to_string();
        let mut others = others();
        others.retain(|pid| crate::watch::status(*pid).is_some_and(|fields| fields[1] == own));
        others
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let errors = pool.submit(start_without, ()).await.unwrap();
        assert!((3..16).contains(&errors.len()), "{errors:?}");
        for error in errors {
            assert!(error.contains("Too many open files"), "{error}");
        }
    });
}
