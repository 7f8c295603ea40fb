//! A pool put through its paces, in whatever program this is linked into.
//!
//! ```
//! pool_profiles::check();
//! ```

use roundelay::{PoolError, ProcessPool};
use std::os::unix::process::ExitStatusExt;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

static LOADED: AtomicU32 = AtomicU32::new(0);

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn twice<T: std::ops::Add<Output = T> + Copy>(value: T) -> T {
    value + value
}

/// Makes calls that succeed, panic, abort and exit.
///
/// # Panics
///
/// If something is not as it should be.
pub fn check() {
    roundelay::run(async {
        let load = || LOADED.store(7, Ordering::Relaxed);
        let builder = ProcessPool::builder().workers(2).name("profiled");
        let builder = builder
            .zygote_init(load)
            .initializer(|n: u32| assert_eq!(n, 3), 3);
        let pool = builder.build().unwrap();
        let jobs: Vec<_> = (0..20).map(|n| pool.submit(fib, n)).collect();
        for (n, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.unwrap(), fib(n as u64));
        }
        assert_eq!(pool.submit(twice::<u32>, 21).await.unwrap(), 42);
        assert_eq!(pool.submit(twice::<f64>, 1.5).await.unwrap(), 3.0);
        let loaded = pool.submit(|()| LOADED.load(Ordering::Relaxed), ());
        assert_eq!(loaded.await.unwrap(), 7);

        let panics = pool.submit(|n: u32| -> u32 { panic!("no luck with {n}") }, 5);
        match panics.await.unwrap_err() {
            PoolError::Panicked { message, .. } if !cfg!(panic = "abort") => {
                assert_eq!(message, "no luck with 5");
            }
            // The panic ends the process, and its last words say why.
            PoolError::WorkerDied { status, stderr, .. } if cfg!(panic = "abort") => {
                assert_eq!(status.unwrap().signal(), Some(6));
                assert!(stderr.contains("no luck with 5"), "{stderr}");
            }
            other => panic!("{other}"),
        }
        let exits = pool.submit(|()| -> () { process::exit(3) }, ());
        let PoolError::WorkerDied { status, .. } = exits.await.unwrap_err() else {
            panic!("not a death")
        };
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(pool.submit(fib, 10).await.unwrap(), 55);
        pool.shutdown().await;
    });
}

/// Puts another program in the place of the file that runs, if the first argument says so.
pub fn replace_own_file_if_told() {
    if env::args()
        .nth(1)
        .is_none_or(|argument| argument != "replaced")
    {
        return;
    }
    let own = env::current_exe().expect("a program has a file");
    let other = own.with_extension("other");
    fs::write(
        &other,
        "#!/bin/sh\necho this is another program >&2\nexit 9\n",
    )
    .expect("written");
    fs::rename(&other, &own).expect("renamed");
}
