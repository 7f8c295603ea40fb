//! What the tests share: the words of a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a piece of code says when it panics.
#[track_caller]
pub fn words<R>(body: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(body)).err();
    let panic = panic.expect("it was to panic");
    match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => (*panic.downcast::<&str>().expect("a panic with words")).to_owned(),
    }
}
