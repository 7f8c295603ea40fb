//! The end of a pool: what becomes of the calls that run, who waits for them, and who is told of it.
//!
//! No thread can be stopped from outside. So a call that never ends holds up the end of its pool, or is left running; but
//! never without a word.

use super::shared::Shared;
use crate::event_loop::context::with_running;
use crate::pool::error::PoolError;
use crate::time::sleep;
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

/// What the end of a [`ThreadPool`](super::ThreadPool), the drop of its last handle, does about calls that run. Nothing can
/// stop them.
///
/// However long it waits: after a second, and then ever more seldom, it tells which calls it waits for, with the lines that
/// submitted them; see [`Builder::on_waiting`](super::Builder::on_waiting).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// Waits until they have ended, as Python does.
    #[default]
    Wait,
    /// Waits for this time at most; then tells which still run, and leaves them running.
    WaitFor(Duration),
    /// Does not wait: tells which run, and leaves them running. They end with the process at the latest.
    Abandon,
}

/// The calls that hold up the end of a pool, or that it leaves running.
///
/// Its text names the line that submitted each.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StillRunning {
    /// The pool's name.
    pub pool: String,
    /// The calls, by their thread's number.
    pub calls: Vec<RunningCall>,
    /// Whether the pool has stopped waiting for them.
    pub abandoned: bool,
}

/// A call that runs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunningCall {
    /// The line that submitted it.
    pub submitted: &'static Location<'static>,
    /// For how long it has run.
    pub since: Duration,
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self.abandoned {
            true => "ends while calls still run, and leaves them to it",
            false => "is to end, and waits for calls that still run",
        };
        write!(f, "the thread pool `{}` {does}: ", self.pool)?;
        for (n, call) in self.calls.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            let seconds = call.since.as_secs_f64();
            write!(f, "{comma}submitted at {} ({seconds:.1} s)", call.submitted)?;
        }
        f.write_str("; let them end, or choose otherwise with `at_end` in the pool's builder")
    }
}

/// What a pool is told by its builder.
pub(super) struct Settings {
    /// How many threads there are at most.
    pub(super) max_threads: usize,
    /// How many are kept although they are idle.
    pub(super) min_threads: usize,
    /// After how much idle time the others end; none: never.
    pub(super) idle_time: Option<Duration>,
    /// How many calls may wait for a thread; none: any number.
    pub(super) queue_limit: Option<usize>,
    /// The beginning of the threads' names.
    pub(super) name: String,
    /// What the end does about calls that run.
    pub(super) at_end: AtEnd,
    /// How long the end waits before it tells for what.
    pub(super) patience: Duration,
    /// Who is told.
    pub(super) on_waiting: Box<dyn Fn(&StillRunning) + Send + Sync>,
}

/// Who is told unless the builder says otherwise.
pub(super) fn print(still_running: &StillRunning) {
    eprintln!("roundelay: {still_running}");
}

impl<S: 'static> Shared<S> {
    /// Takes no more calls; those in line for a place fail, those that have one are done.
    pub(super) fn shut(&self) {
        if !self.process.is_current() {
            return;
        }
        let mut state = self.lock();
        state.shut = true;
        let waiting = state.queue.take_line();
        state.tally.dropped(waiting.len());
        drop(state);
        self.changed.notify_all();
        Self::fail(waiting, |submitted| PoolError::Closed { submitted });
    }

    /// Takes no more calls, and drops those that have not begun.
    pub(super) fn close(&self) {
        self.shut();
        if !self.process.is_current() {
            return;
        }
        let mut state = self.lock();
        let waiting = state.queue.take_all();
        state.tally.dropped(waiting.len());
        drop(state);
        Self::fail(waiting, |submitted| PoolError::Closed { submitted });
    }

    /// Blocks this thread until all threads have ended, as far as the pool waits for them.
    pub(super) fn wait(&self, at_end: AtEnd) {
        if !self.process.is_current() {
            return;
        }
        let begun = Instant::now();
        let mut patience = self.settings.patience;
        let limit = match at_end {
            AtEnd::Wait => None,
            AtEnd::WaitFor(limit) => Some(limit),
            AtEnd::Abandon => Some(Duration::ZERO),
        };
        // A call may own the pool and drop it, on one of its threads.
        let own = thread::current().id();
        let mut state = self.lock();
        loop {
            let mut others = state.workers.values().filter(|w| w.id() != Some(own));
            let waited = begun.elapsed();
            let over = limit.is_some_and(|limit| waited >= limit);
            let mut leaving = state.leaving.iter();
            // Those that run nothing end by themselves, at once, but for what they drop.
            if !others.any(|worker| !over || worker.runs.is_none())
                && (over || leaving.all(|thread| thread.thread().id() == own))
            {
                break;
            }
            if !over && waited >= patience {
                drop(state);
                self.tell(false);
                patience = patience.saturating_mul(2);
                state = self.lock();
                continue;
            }
            let next = match (over, limit) {
                (true, _) => Duration::MAX,
                (false, Some(limit)) => limit.min(patience) - waited,
                (false, None) => patience - waited,
            };
            let waited = self.left.wait_timeout(state, next);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        if limit.is_some() {
            self.tell(true);
        }
        self.join();
    }

    /// Tells which calls still run, if any does.
    fn tell(&self, abandoned: bool) {
        let own = thread::current().id();
        let state = self.lock();
        let others = state.workers.values().filter(|w| w.id() != Some(own));
        let calls = others.filter_map(|worker| {
            worker.runs.map(|(submitted, begun)| RunningCall {
                submitted,
                since: begun.elapsed(),
            })
        });
        let calls: Vec<_> = calls.collect();
        drop(state);
        if !calls.is_empty() {
            (self.settings.on_waiting)(&StillRunning {
                pool: self.settings.name.clone(),
                calls,
                abandoned,
            });
        }
    }

    /// Joins the threads that have ended.
    fn join(&self) {
        let ended = std::mem::take(&mut self.lock().ended);
        for thread in ended {
            if thread.thread().id() != thread::current().id() {
                // Calls catch their panics.
                let _ = thread.join();
            }
        }
    }

    /// Waits in a loop until all threads have ended.
    pub(super) async fn end(self: Arc<Self>) {
        if !self.process.is_current() {
            return;
        }
        let _expected = Expected::begin();
        let mut patience = self.settings.patience;
        while !self.ended_within(patience).await {
            self.tell(false);
            patience = patience.saturating_mul(2);
        }
        self.join();
    }

    /// Waits for the end of all threads, or for this time; whether it was the end.
    async fn ended_within(&self, time: Duration) -> bool {
        let mut nap = pin!(sleep(time));
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.lock();
            if state.is_deserted() {
                return Poll::Ready(true);
            }
            if !state.waiters.iter().any(|waiter| waiter.will_wake(&waker)) {
                state.waiters.push(waker);
            }
            drop(state);
            nap.as_mut().poll(cx).map(|()| false)
        })
        .await
    }
}

/// While it lives, the loop knows that something real will come: a virtual clock does not jump.
struct Expected(u64);

impl Expected {
    fn begin() -> Option<Expected> {
        with_running(|event_loop| {
            event_loop.expect_something();
            Expected(event_loop.serial)
        })
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        crate::event_loop::context::with_loop(self.0, |event_loop| event_loop.expect_no_more());
    }
}
