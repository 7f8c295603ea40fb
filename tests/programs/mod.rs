//! The small programs of `examples/`, built for the tests that run them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
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

/// Where cargo puts an example: beside the directory of this test.
fn path(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this program has a path");
    let target = test.ancestors().nth(2).expect("it lies in target/.../deps");
    target.join("examples").join(name)
}

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

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
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

/// Builds the programs if that is to be done: a run of all tests has built them, one of this file alone has not.
fn build() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        if PROGRAMS.into_iter().all(is_fresh) {
            return;
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "roundelay"]);
        cargo.args(PROGRAMS.iter().flat_map(|name| ["--example", name]));
        if cfg!(feature = "hyper") {
            cargo.arg("--all-features");
        }
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(
            built.expect("cargo runs").success(),
            "examples do not build"
        );
    });
}

/// Returns where a program is, after it was built if need be.
pub fn built(name: &str) -> PathBuf {
    build();
    path(name)
}
