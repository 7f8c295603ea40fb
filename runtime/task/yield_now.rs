//! One turn's pause.

use crate::event_loop::event::WaitsFor;
use crate::event_loop::waits::note;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets everything that is ready run, and goes on in the next turn, as asyncio's `sleep(0)`.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let task = roundelay::spawn(async { 1 });
/// assert!(!task.is_finished());
/// roundelay::yield_now().await;
/// assert!(task.is_finished());
/// # });
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        note(|_| WaitsFor::Turn);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
