//! What the tests share: a check that a test leaves no descriptor, thread or child behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The tests of one program run side by side; those that count take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test's body and checks that it leaves nothing behind.
#[track_caller]
pub fn leak_free<R>(body: impl FnOnce() -> R) -> R {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = Belongings::now();
    let result = body();
    // A thread that was joined may be listed a moment longer, and other tests of the program come and go.
    let limit = Instant::now() + Duration::from_secs(5);
    loop {
        let left = Belongings::now().minus(&before);
        if left.is_empty() {
            return result;
        }
        assert!(Instant::now() < limit, "left behind: {left:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a process has, in words.
struct Belongings(BTreeSet<String>);

impl Belongings {
    fn now() -> Self {
        let mut all = BTreeSet::new();
        for entry in entries("/proc/self/fd") {
            // The link says what it is; the directory being listed is gone when its link is read.
            if let Ok(target) = fs::read_link(&entry) {
                all.insert(format!(
                    "descriptor {} {}",
                    entry.display(),
                    target.display()
                ));
            }
        }
        for thread in entries("/proc/self/task") {
            let name = fs::read_to_string(thread.join("comm")).unwrap_or_default();
            // The harness's own threads are named after the tests they run.
            if name.starts_with("roundelay") {
                all.insert(format!("thread {} {}", thread.display(), name.trim()));
            }
            let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
            all.extend(
                children
                    .split_whitespace()
                    .map(|child| format!("child {child}")),
            );
        }
        Belongings(all)
    }

    fn minus(mut self, other: &Belongings) -> BTreeSet<String> {
        self.0.retain(|belonging| !other.0.contains(belonging));
        self.0
    }
}

fn entries(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .map(|all| all.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}
