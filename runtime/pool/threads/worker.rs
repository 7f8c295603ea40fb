//! A thread's life: take a call, run it, say so, until there will be no more.

use super::queue::Waiting;
use super::shared::{Shared, State};
use super::work::Work;
use crate::event_loop::event::What;
use crate::event_loop::observer::JobEnd;
use crate::event_loop::quietly;
use crate::pool::error::PoolError;
use crate::pool::panic;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Instant;

/// Lives as thread `number` of the pool.
pub(super) fn live<S: 'static>(pool: &Shared<S>, number: u32) {
    let mut own = None;
    while let Some(mut waiting) = take(pool, number) {
        waiting.work.begins(number);
        let end = run(pool, &mut own, &mut *waiting.work);
        pool.ended(number, end);
        // Whoever submitted it hears now. The call's own panic is its result; here it is one of what the call drops.
        quietly(move || drop(waiting));
    }
    // The state was made here and ends here.
    quietly(move || drop(own));
    left(pool);
}

/// Waits for a call; none when the thread is to end, which then has left the pool.
fn take<S: 'static>(pool: &Shared<S>, number: u32) -> Option<Waiting<S>> {
    let mut state = pool.lock();
    let mut since = Instant::now();
    loop {
        if let Some(waiting) = state.queue.pop() {
            pool.begins(&mut state, number, &waiting);
            return Some(waiting);
        }
        if state.shut {
            leave(pool, state, number);
            return None;
        }
        let patience = match pool.settings.idle_time {
            Some(time) if state.workers.len() > pool.settings.min_threads => Some(time),
            _ => None,
        };
        let idle_for = since.elapsed();
        if patience.is_some_and(|time| idle_for >= time) {
            leave(pool, state, number);
            return None;
        }
        state.idle += 1;
        state = match patience {
            None => pool
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let waited = pool.changed.wait_timeout(state, time - idle_for);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.idle -= 1;
        if patience.is_none() {
            // What it has waited without a limit does not count.
            since = Instant::now();
        }
    }
}

/// Runs a call with the thread's state, which is made if there is none. A state that saw a panic is not used again: a
/// call may have left it half changed.
fn run<S: 'static>(pool: &Shared<S>, own: &mut Option<S>, work: &mut dyn Work<S>) -> JobEnd {
    let state = match own {
        Some(state) => state,
        None => match catch_unwind(AssertUnwindSafe(|| (pool.initializer)())) {
            Ok(new) => own.insert(new),
            Err(payload) => {
                let reason = crate::error::panic_message(&*payload);
                panic::forget(payload);
                return work.fail(PoolError::InitializerFailed {
                    reason: format!("the initializer panicked: {reason}"),
                    attempts: 1,
                    submitted: work.submitted(),
                });
            }
        },
    };
    let end = work.run(state);
    if end == JobEnd::Failed {
        let spoilt = own.take();
        quietly(move || drop(spoilt));
    }
    end
}

/// Takes the thread off the list of those that live. Under the same lock as the look at the queue: else a call that comes
/// between would find a thread that is about to end, and nobody would start another for it.
fn leave<S: 'static>(pool: &Shared<S>, mut state: MutexGuard<'_, State<S>>, number: u32) {
    if let Some(mut worker) = state.workers.remove(&number) {
        state.tally.worker_ended(worker.started);
        state.leaving.extend(worker.thread.take());
    }
    let watch = state.watch;
    drop(state);
    // Who waits for nothing but calls need not wait for what the thread drops.
    pool.left.notify_all();
    if let Some(watch) = watch {
        let worker = watch.worker(number);
        watch.report(move |_| What::WorkerExited { worker });
    }
}

/// Tells that this thread has nothing more to do; then joining it takes no time.
fn left<S: 'static>(pool: &Shared<S>) {
    let own = thread::current().id();
    let mut state = pool.lock();
    // A thread that nobody has joined keeps its stack, and nobody joins any before the pool's end.
    let over = state.ended.extract_if(.., |thread| thread.is_finished());
    let over: Vec<_> = over.collect();
    let this = state.leaving.extract_if(.., |t| t.thread().id() == own);
    let this: Vec<_> = this.collect();
    state.ended.extend(this);
    let waiters = match state.is_deserted() {
        true => std::mem::take(&mut state.waiters),
        false => Vec::new(),
    };
    drop(state);
    drop(over);
    pool.left.notify_all();
    waiters.into_iter().for_each(Waker::wake);
}
