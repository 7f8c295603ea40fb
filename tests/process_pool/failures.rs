//! Calls that fail and leave their worker, or their pool, as it was.

use crate::acts::{Note, limit_descriptors};
use crate::watch::{alone, single_file};
use roundelay::pool::process::Payload;
use roundelay::{PoolError, ProcessPool};
use std::fs;
use std::process::{self, Command, Stdio};

#[test]
fn a_panic_comes_back_with_message_and_place_and_the_worker_goes_on() {
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let worker = pool.submit(|(): ()| process::id(), ()).await.unwrap();
        let unlucky = |n: u8| -> u8 { panic!("no luck with {n}") };
        let (panics, submits) = (line!() - 1, line!() + 1);
        let error = pool.submit(unlucky, 3).await.unwrap_err();
        let PoolError::Panicked {
            message,
            location,
            submitted,
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(message, "no luck with 3");
        assert!(
            location.starts_with(&format!("{}:{panics}:", file!())),
            "{location}"
        );
        assert_eq!((submitted.file(), submitted.line()), (file!(), submits));
        let text = error.to_string();
        assert!(
            text.contains("no luck with 3") && text.contains(&submitted.to_string()),
            "{text}"
        );
        assert_eq!(
            pool.submit(|(): ()| process::id(), ()).await.unwrap(),
            worker
        );
    });
}

#[test]
fn panics_of_every_kind_are_errors() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload's drop");
        }
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let what = |error: PoolError| match error {
            PoolError::Panicked {
                message, location, ..
            } => (message, location.is_empty()),
            other => panic!("{other}"),
        };
        let other = pool
            .submit(|(): ()| -> () { std::panic::panic_any(7) }, ())
            .await
            .unwrap_err();
        assert_eq!(
            what(other),
            ("a panic whose payload is not text".to_owned(), false)
        );
        let bomb = pool
            .submit(|(): ()| -> () { std::panic::panic_any(Bomb) }, ())
            .await
            .unwrap_err();
        assert_eq!(
            what(bomb),
            ("a panic whose payload is not text".to_owned(), false)
        );
        let resume = |(): ()| -> () { std::panic::resume_unwind(Box::new("quietly")) };
        assert_eq!(
            what(pool.submit(resume, ()).await.unwrap_err()),
            ("quietly".to_owned(), true)
        );
        let long = |(): ()| -> () { panic!("{}", "ä".repeat(1 << 20)) };
        let (message, _) = what(pool.submit(long, ()).await.unwrap_err());
        assert!(message.starts_with("ää") && message.len() <= 64 * 1024);
        assert_eq!(pool.submit(|n: u8| n, 1).await.unwrap(), 1);
    });
}

#[test]
fn noise_on_the_socket_is_an_error_of_that_call() {
    fn write_noise((): ()) {
        let socket = fs::read_dir("/proc/self/fd")
            .unwrap()
            .map(|entry| entry.unwrap())
            .find(|entry| {
                fs::read_link(entry.path())
                    .is_ok_and(|link| link.to_string_lossy().starts_with("socket"))
            });
        let number = socket
            .unwrap()
            .file_name()
            .into_string()
            .unwrap()
            .parse()
            .unwrap();
        #[allow(
            unsafe_code,
            reason = "the socket is the worker's, to spoil it is the test"
        )]
        // SAFETY: the descriptor is open; it is given back before it could be closed here.
        let mut file = unsafe { <fs::File as std::os::fd::FromRawFd>::from_raw_fd(number) };
        std::io::Write::write_all(&mut file, &[0x55; 100]).unwrap();
        std::mem::forget(file);
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let error = pool.submit(write_noise, ()).await.unwrap_err();
        assert!(
            matches!(
                error,
                PoolError::Decode {
                    what: Payload::Result,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(pool.submit(|n: u8| n, 1).await.unwrap(), 1);
    });
}

#[test]
fn a_lack_of_descriptors_fails_calls_and_not_the_pool() {
    /// In a process of its own, since the lack is the whole process's.
    fn fill_up_and_try((): ()) -> (usize, usize) {
        limit_descriptors(40);
        roundelay::run(async {
            let pool = ProcessPool::new(2).unwrap();
            let (mut done, mut failed) = (0, 0);
            for free in 0..12 {
                let open = || fs::File::open("/dev/null");
                let mut files: Vec<_> = std::iter::from_fn(|| open().ok()).collect();
                files.truncate(files.len().saturating_sub(free));
                for job in [pool.submit(|n: u8| n, 1), pool.submit(|n: u8| n, 1)] {
                    match job.await {
                        Ok(_) => done += 1,
                        Err(PoolError::Io { .. }) => failed += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            assert_eq!(pool.submit(|n: u8| n, 7).await.unwrap(), 7);
            (done, failed)
        })
    }
    alone(async {
        let pool = ProcessPool::new(1).unwrap();
        let (done, failed) = pool.submit(fill_up_and_try, ()).await.unwrap();
        assert!(done > 0 && failed > 0, "{done} {failed}");
    });
}

#[test]
fn a_program_that_does_not_become_a_zygote_makes_no_more_processes() {
    let _alone = single_file();
    let note = Note::new();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args([
        "--exact",
        "failures::the_program_that_is_no_zygote",
        "--ignored",
    ]);
    // As a pool does for a program that calls `init`; this one does not.
    program
        .env("ROUNDELAY_ZYGOTE", "in-main")
        .env("NOTE", note.path())
        .stdout(Stdio::null());
    assert!(program.status().unwrap().success());
    let said = fs::read_to_string(note.path()).unwrap();
    assert!(
        said.contains("call `roundelay::pool::process::init()` first in main"),
        "{said}"
    );
}

#[test]
#[ignore = "not a test: the program that the test above runs"]
fn the_program_that_is_no_zygote() {
    let Some(path) = std::env::var_os("NOTE") else {
        return;
    };
    roundelay::run(async {
        let pool = ProcessPool::new(1).unwrap();
        let error = pool.submit(|n: u8| n, 1).await.unwrap_err();
        fs::write(path, error.to_string()).unwrap();
    });
}
