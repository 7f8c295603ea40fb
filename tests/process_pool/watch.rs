//! Watching the machine: what is open, who lives, and waiting until it is so.

use roundelay::{sleep, timeout};
use std::fs;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Long enough for a machine that is busy with other things; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps all other tests of this file waiting for as long as the guard lives.
pub fn single_file() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed has poisoned it, which says nothing about this one.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a future while no other test does, and checks that it leaves no descriptor and no process.
pub fn alone<F: Future>(main: F) -> F::Output {
    alone_for(PATIENCE, main)
}

/// The same for a future that may take so long.
pub fn alone_for<F: Future>(patience: Duration, main: F) -> F::Output {
    let _alone = single_file();
    let before = (descriptors(), others());
    let limited = async { timeout(patience, main).await };
    let output = roundelay::run(limited).unwrap_or_else(|_| panic!("nothing happens"));
    assert_eq!(
        (descriptors(), others()),
        before,
        "descriptors and processes, after and before"
    );
    assert!(zombies().is_empty());
    output
}

pub async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("nothing happens"))
}

pub async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// The fields of /proc/PID/stat after the name: the state, the parent ...
pub fn status(pid: u32) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(
        line.rsplit_once(')')?
            .1
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    )
}

/// Whether a process lives; one that nobody has reaped does not.
pub fn is_alive(pid: u32) -> bool {
    status(pid).is_some_and(|fields| fields[0] != "Z" && fields[0] != "X")
}

pub fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The living processes of this program, other than this one.
pub fn others() -> Vec<u32> {
    let program = std::env::current_exe().unwrap();
    let is_ours =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
    processes()
        .filter(|pid| *pid != process::id() && is_ours(pid) && is_alive(*pid))
        .collect()
}

/// Whether a process is a pool's worker, by the name it has given itself.
pub fn is_worker(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "pool-worker\n")
}

/// Children of this process that ended and were not reaped.
pub fn zombies() -> Vec<u32> {
    let own = process::id().to_string();
    processes()
        .filter(|pid| status(*pid).is_some_and(|fields| fields[0] == "Z" && fields[1] == own))
        .collect()
}

/// What this process has open.
pub fn descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    let mut open: Vec<_> = entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .map(|link| link.display().to_string())
        // The directory that is being read.
        .filter(|link| !link.ends_with("/fd"))
        .collect();
    open.sort();
    open
}
