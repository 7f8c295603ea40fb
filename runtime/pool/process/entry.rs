//! The zygote's way in: where the program, run again by a pool, turns into a zygote.

use super::nursery;
use crate::sys::{code::call_before_main, itself};
use std::env;
use std::ffi::OsStr;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The environment variable that tells a process to become a zygote, and where in its life.
const VARIABLE: &str = "ROUNDELAY_ZYGOTE";
/// Value: when `main` calls [`init`].
const IN_MAIN: &str = "in-main";
/// Value: before `main`, since the program that runs us does not call [`init`].
const BEFORE_MAIN: &str = "before-main";

/// Set by [`init`], read when a pool starts a zygote: the zygote runs the same `main`.
static INIT_WAS_CALLED: AtomicBool = AtomicBool::new(false);

/// Lets worker processes begin their life here; call it first in `main`.
///
/// A pool runs the program a second time to make its workers, which must not do what the program
/// does. In a normal run this function returns at once. In a worker it does not return.
///
/// The call is optional. Without it (as in tests, doctests, benches) the workers begin before
/// `main`, where std promises less: no report of a stack overflow, and libraries that start work in
/// constructors of their own may not be ready.
///
/// ```
/// fn main() {
///     roundelay::pool::process::init();
///     // ... the program
/// }
/// ```
#[allow(clippy::needless_doctest_main)]
pub fn init() {
    INIT_WAS_CALLED.store(true, Ordering::Relaxed);
    become_zygote_if_told(IN_MAIN);
}

/// The variable and the value that make a zygote of this program.
pub(super) fn variable() -> (&'static str, &'static str) {
    // Named here so that a linker does not leave the constructor out.
    std::hint::black_box(&BEFORE);
    (
        VARIABLE,
        if INIT_WAS_CALLED.load(Ordering::Relaxed) {
            IN_MAIN
        } else {
            BEFORE_MAIN
        },
    )
}

/// Returns whether this process was meant to become a zygote and did not.
pub(super) fn was_missed() -> bool {
    env::var_os(VARIABLE).is_some()
}

call_before_main! {
    /// Runs in every start of every program with this library: so it only looks at one variable.
    static BEFORE = before_main;
}

extern "C" fn before_main() {
    become_zygote_if_told(BEFORE_MAIN);
}

fn become_zygote_if_told(moment: &str) {
    if env::var_os(VARIABLE).is_none_or(|value| value != moment) {
        return;
    }
    itself::remove_variable(OsStr::new(VARIABLE));
    match nursery::live() {
        Ok(()) => process::exit(0),
        Err(error) => {
            eprintln!("roundelay: the zygote of a process pool ends: {error}");
            process::exit(1);
        }
    }
}
