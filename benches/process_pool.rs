//! What a call to a worker process costs: run with `cargo bench --bench process_pool`.
//!
//! Each line is the median of many runs, with the 99th percentile beside it. The result of every
//! call is checked.

use roundelay::ProcessPool;
use roundelay::pool::process::Blob;
use std::time::{Duration, Instant};

fn main() {
    roundelay::pool::process::init();
    roundelay::run(async {
        first_call().await;
        round_trip("call, 8 bytes there and back", 20_000, 7u64).await;
        round_trip("call, 64 KiB there and back", 2_000, vec![7u8; 64 << 10]).await;
        round_trip("call, 1 MiB there and back", 200, vec![7u8; 1 << 20]).await;
        let blob = |size| Blob::from(vec![7; size]);
        round_trip("call, 64 KiB of Blob", 2_000, blob(64 << 10)).await;
        round_trip("call, 1 MiB of Blob", 200, blob(1 << 20)).await;
        round_trip("call, 64 MiB of Blob", 10, blob(64 << 20)).await;
        many_calls().await;
        kill_and_replace("kill a running call, next call done", 200, 0).await;
        kill_and_replace("the same, it held 256 MiB", 20, 256).await;
    });
}

/// From no pool at all to the first result: the program runs again, forks a worker, does a call.
async fn first_call() {
    let mut times = Vec::new();
    for n in 0..100u64 {
        let start = Instant::now();
        let pool = ProcessPool::new(1).unwrap();
        assert_eq!(pool.submit(|n: u64| n, n).await.unwrap(), n);
        times.push(start.elapsed());
    }
    report("new pool, first call", times);
}

/// One call after another, to one worker.
async fn round_trip<T>(what: &str, times: usize, value: T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + PartialEq,
{
    let pool = ProcessPool::new(1).unwrap();
    let mut taken = Vec::new();
    for _ in 0..times {
        let argument = value.clone();
        let start = Instant::now();
        let back = pool.submit(|value: T| value, argument).await.unwrap();
        taken.push(start.elapsed());
        assert!(back == value);
    }
    report(what, taken);
}

/// All calls at once, to two workers: the time of all, divided by their number.
async fn many_calls() {
    const CALLS: u32 = 2_000;
    let pool = ProcessPool::new(2).unwrap();
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        let jobs: Vec<_> = (0..CALLS).map(|n| pool.submit(|n: u32| n, n)).collect();
        for (n, job) in (0..).zip(jobs) {
            assert_eq!(job.await.unwrap(), n);
        }
        times.push(start.elapsed() / CALLS);
    }
    report("2,000 calls at once, 2 workers, each", times);
}

/// From giving up a call that runs, in a worker that holds so much memory, to the result of the
/// next, which needs a new worker.
async fn kill_and_replace(what: &str, rounds: u64, mebibytes: usize) {
    fn fill_and_spin(mebibytes: usize) {
        let held = vec![1u8; mebibytes << 20];
        std::fs::write(note(std::process::id()), "").unwrap();
        loop {
            std::hint::black_box(&held);
        }
    }
    fn note(pid: u32) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("roundelay-bench-{pid}"))
    }
    let pool = ProcessPool::new(1).unwrap();
    let mut times = Vec::new();
    for n in 0..rounds {
        let pid = pool.submit(|(): ()| std::process::id(), ()).await.unwrap();
        let endless = pool.submit(fill_and_spin, mebibytes);
        while !note(pid).exists() {
            roundelay::sleep(Duration::from_millis(1)).await;
        }
        std::fs::remove_file(note(pid)).unwrap();
        let start = Instant::now();
        drop(endless);
        assert_eq!(pool.submit(|n: u64| n, n).await.unwrap(), n);
        times.push(start.elapsed());
    }
    report(what, times);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    println!("{what:40} {:10.1} us   (99 %: {:.1} us)", at(50), at(99));
}
