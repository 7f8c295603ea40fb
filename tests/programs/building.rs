//! The package's examples, built for the tests that run them: a run of all tests has built them, one of a single file has not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Where cargo puts an example: beside the directory of this test.
pub fn path(example: &str) -> PathBuf {
    let test = env::current_exe().expect("this program has a path");
    let target = test.ancestors().nth(2).expect("it lies in target/.../deps");
    target.join("examples").join(example)
}

/// When a file was changed.
pub fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// Builds examples as this test was built.
pub fn build<'a>(examples: impl IntoIterator<Item = &'a str>) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "roundelay"]);
    cargo.args(
        examples
            .into_iter()
            .flat_map(|example| ["--example", example]),
    );
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
}
