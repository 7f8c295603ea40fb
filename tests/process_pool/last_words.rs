//! What workers write to standard error.

use crate::acts::{Note, kill, tell_and_spin};
use crate::watch::{alone, single_file};
use roundelay::{PoolError, ProcessPool};
use std::process::{self, Command, Stdio};

fn told(error: PoolError) -> String {
    match error {
        PoolError::WorkerDied { stderr, .. } => stderr,
        other => panic!("{other}"),
    }
}

#[test]
fn an_error_tells_the_last_that_its_worker_wrote() {
    fn complain_and_abort(lines: u32) {
        for line in 0..lines {
            eprintln!("line {line} of the complaint");
        }
        process::abort();
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let error = pool.submit(complain_and_abort, 3).await.unwrap_err();
        assert!(
            error.to_string().contains("line 2 of the complaint"),
            "{error}"
        );
        let stderr = told(error);
        assert_eq!(stderr.lines().count(), 3, "{stderr}");
        // Of much only the end is kept, and that to the last word.
        let stderr = told(pool.submit(complain_and_abort, 5000).await.unwrap_err());
        assert!(stderr.ends_with("line 4999 of the complaint"), "{stderr}");
        assert!(stderr.len() <= 16 * 1024, "{}", stderr.len());
    });
}

#[test]
fn what_an_earlier_call_wrote_is_not_told() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        pool.submit(|(): ()| eprintln!("all is well"), ())
            .await
            .unwrap();
        // By now that was read, or the next call could find it.
        roundelay::sleep(std::time::Duration::from_millis(20)).await;
        let note = Note::new();
        let job = pool.submit(tell_and_spin, note.path());
        kill(&note.read().await);
        assert_eq!(told(job.await.unwrap_err()), "");
    });
}

#[test]
fn a_pool_that_inherits_stderr_keeps_nothing_of_it() {
    alone(async {
        let builder = ProcessPool::builder().workers(1);
        let pool = builder.inherit_stderr().build().unwrap();
        let say_and_abort = |(): ()| -> () {
            eprintln!("this is meant for the terminal");
            process::abort()
        };
        let error = pool.submit(say_and_abort, ()).await.unwrap_err();
        assert_eq!(told(error), "");
    });
}

#[test]
fn what_workers_write_comes_out_at_the_program_in_full() {
    let _alone = single_file();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args([
            "--exact",
            "last_words::the_program_whose_workers_write",
            "--ignored",
        ])
        .env("SPEAK", "1")
        .stdin(Stdio::null());
    let output = program.output().unwrap();
    assert!(output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("word"))
        .collect();
    // From a call, from a call that died, at exit of a worker.
    assert_eq!(lines.len(), 2000 + 1 + 1, "{}", stderr.len());
    assert_eq!(
        lines[1999..],
        ["word 1999", "word of the dead", "word at exit"]
    );
}

#[test]
#[ignore = "not a test: the program that `what_workers_write_comes_out_at_the_program_in_full` runs"]
fn the_program_whose_workers_write() {
    if std::env::var_os("SPEAK").is_none() {
        return;
    }
    extern "C" fn at_exit() {
        eprintln!("word at exit");
    }
    #[allow(unsafe_code, reason = "std has no atexit")]
    fn register((): ()) {
        // SAFETY: the function may be called at any time.
        assert_eq!(unsafe { libc::atexit(at_exit) }, 0);
    }
    roundelay::run(async {
        let pool = ProcessPool::new(1).unwrap();
        let write = |words: u32| (0..words).for_each(|word| eprintln!("word {word}"));
        pool.submit(write, 2000).await.unwrap();
        let die = |(): ()| -> () {
            eprintln!("word of the dead");
            process::abort()
        };
        pool.submit(die, ()).await.unwrap_err();
        pool.submit(register, ()).await.unwrap();
        pool.shutdown().await;
    });
}
