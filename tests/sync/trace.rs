//! What the tests of the primitives share: the recorder of what a program says, and small helpers.

#[path = "../support/panics.rs"]
mod panics;
#[path = "../support/trace.rs"]
mod recorder;

pub use panics::words as panic_of;
pub use recorder::{Trace, expect, expect_with};

use roundelay::{JoinHandle, yield_now};

/// Some turns, enough for whatever can go on to do so.
pub async fn turns() {
    for _ in 0..6 {
        yield_now().await;
    }
}

/// Waits for tasks in their order, cancelled ones too.
pub async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) {
    for task in tasks {
        let _ = task.await;
    }
}
