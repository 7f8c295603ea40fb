//! The small programs of `examples/`, built for the tests that run them.

mod building;

use building::{changed, path};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};
use std::time::SystemTime;

/// `squares` and `thread_local` wait for nothing; all others take `--second`.
pub const PROGRAMS: [&str; 10] = [
    "as_completed",
    "display_date",
    "leaving_a_pool",
    "say_after",
    "squares",
    "submit_and_look",
    "thread_local",
    "three_workers_on_a_queue",
    "two_sleeps",
    "wait_first",
];

/// When the newest file of a directory was changed.
fn newest(directory: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(directory).expect("the sources are there");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let times = paths.map(|path| match path.is_dir() {
        true => newest(&path),
        false => changed(&path),
    });
    times.max().flatten()
}

/// Tells whether a program is built, and from the text that it and the library have now.
fn is_fresh(name: &str) -> bool {
    static LIBRARY: OnceLock<Option<SystemTime>> = OnceLock::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = *LIBRARY.get_or_init(|| newest(&root.join("runtime")));
    let source = changed(&root.join(format!("examples/{name}.rs")));
    let pace = changed(&root.join("examples/pace/mod.rs"));
    changed(&path(name)) >= source.max(pace).max(library)
}

/// Builds the programs if that is to be done.
fn build() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        if !PROGRAMS.into_iter().all(is_fresh) {
            building::build(PROGRAMS);
        }
    });
}

/// Returns where a program is, after it was built if need be.
pub fn built(name: &str) -> PathBuf {
    build();
    path(name)
}
