//! The way of a worker through `main`: what `process::init` keeps it from, and what comes before.
//!
//! Without the test harness, because the harness has a `main` of its own that calls no `init`.

use roundelay::ProcessPool;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by `main` before `init`: a worker that began before `main` would find it unset.
static MAIN_BEGAN: AtomicBool = AtomicBool::new(false);

fn main() {
    MAIN_BEGAN.store(true, Ordering::Relaxed);
    roundelay::pool::process::init();
    assert!(
        std::env::var_os("ROUNDELAY_ZYGOTE").is_none(),
        "a zygote does not get here"
    );
    roundelay::run(async {
        let pool = ProcessPool::new(1).unwrap();
        let worker = |(): ()| (process::id(), MAIN_BEGAN.load(Ordering::Relaxed));
        let (pid, began) = pool.submit(worker, ()).await.unwrap();
        assert_ne!(pid, process::id());
        assert!(
            began,
            "the program calls `init`, so its workers begin there"
        );
        // Begun in `main`, a worker has what std sets up for it.
        let name = |(): ()| std::thread::current().name().map(str::to_owned);
        assert_eq!(
            pool.submit(name, ()).await.unwrap().as_deref(),
            Some("main")
        );
    });
    println!("a worker goes through main as far as init");
}
