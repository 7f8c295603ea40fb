//! Where a job's result waits for whoever submitted the job: a future in a loop, or a thread that blocks.
//!
//! The locks here are std's, unlike those of the loop's inbox, although ThreadSanitizer cannot see into them: threads do
//! block here, and a job is long beside a lock. `.ci/sanitize` does not run the pools.

use super::error::PoolError;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A mailbox.
///
/// ```text
///   Empty --1--> Sealed --2--> Here --3--> Taken
///     \____________________2_____^
/// ```
/// 1. [`put`](Mailbox::put), by the worker. 2. [`open`](Mailbox::open), where the result is awaited; what was never put is
///    an error. 3. [`poll`](Mailbox::poll) or [`wait`](Mailbox::wait). [`refuse`](Mailbox::refuse) leads to Unwanted from
///    anywhere.
pub(super) struct Mailbox<R> {
    /// What is in it.
    inside: Mutex<Inside<R>>,
    /// Notified when it is opened, for a thread that blocks.
    opened: Condvar,
    /// The line that submitted the job.
    pub(super) submitted: &'static Location<'static>,
}

struct Inside<R> {
    /// The result, and how far it has come.
    letter: Letter<R>,
    /// Who awaits the result; taken when it is there.
    waiter: Option<Waker>,
    /// Whether the job has, or had, a place in its pool's queue.
    accepted: bool,
    /// Who awaits that; taken when it is so.
    waiters_for_place: Vec<Waker>,
}

enum Letter<R> {
    Empty,
    /// The job has ended, and the one who waits is to hear of it.
    Sealed(Result<R, PoolError>),
    /// The result can be taken.
    Here(Result<R, PoolError>),
    Taken,
    Unwanted,
}

impl<R> Mailbox<R> {
    pub(super) fn new(submitted: &'static Location<'static>) -> Arc<Mailbox<R>> {
        Arc::new(Mailbox {
            inside: Mutex::new(Inside {
                letter: Letter::Empty,
                waiter: None,
                accepted: false,
                waiters_for_place: Vec::new(),
            }),
            opened: Condvar::new(),
            submitted,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inside<R>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the result in. Gives it back if nobody wants it: dropping it is code of others.
    pub(super) fn put(&self, result: Result<R, PoolError>) -> Option<Result<R, PoolError>> {
        let mut inside = self.lock();
        match inside.letter {
            Letter::Empty => {
                inside.letter = Letter::Sealed(result);
                None
            }
            _ => Some(result),
        }
    }

    /// Lets the result be taken, and wakes whoever waits for it or for a place. What was not put by now will never be.
    pub(super) fn open(&self) {
        let mut inside = self.lock();
        inside.letter = match std::mem::replace(&mut inside.letter, Letter::Taken) {
            Letter::Empty => Letter::Here(Err(PoolError::Closed {
                submitted: self.submitted,
            })),
            Letter::Sealed(result) => Letter::Here(result),
            other => other,
        };
        let waiter = inside.waiter.take();
        let waiters_for_place = std::mem::take(&mut inside.waiters_for_place);
        drop(inside);
        self.opened.notify_all();
        waiter.into_iter().for_each(Waker::wake);
        waiters_for_place.into_iter().for_each(Waker::wake);
    }

    /// Nobody wants the result any more.
    pub(super) fn refuse(&self) {
        let mut inside = self.lock();
        let before = std::mem::replace(&mut inside.letter, Letter::Unwanted);
        let waiter = inside.waiter.take();
        drop(inside);
        drop((before, waiter));
    }

    /// The job has a place in the queue. Gives those to be woken.
    pub(super) fn accept(&self) -> Vec<Waker> {
        let mut inside = self.lock();
        inside.accepted = true;
        std::mem::take(&mut inside.waiters_for_place)
    }

    /// Waits until the job has a place in the queue, or has ended.
    pub(super) fn poll_accepted(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Cloned before anything is locked: it is foreign code.
        let waker = cx.waker().clone();
        let mut inside = self.lock();
        if inside.accepted || !matches!(inside.letter, Letter::Empty) {
            return Poll::Ready(());
        }
        let waiters = &mut inside.waiters_for_place;
        if !waiters.iter().any(|waiter| waiter.will_wake(&waker)) {
            waiters.push(waker);
        }
        Poll::Pending
    }

    /// Waits for the result in a loop.
    ///
    /// # Panics
    /// If it was taken before.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<R, PoolError>> {
        // Cloned before and dropped after the lock is held: for somebody else's waker that is code of others.
        let waker = cx.waker().clone();
        let mut inside = self.lock();
        if let Some(result) = inside.take() {
            return Poll::Ready(result);
        }
        let before = inside.waiter.replace(waker);
        drop(inside);
        drop(before);
        Poll::Pending
    }

    /// Whether there is a result to be taken.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.lock().letter, Letter::Here(_))
    }

    /// Blocks this thread until there is a result; none if that takes longer than the limit.
    pub(super) fn wait(&self, limit: Option<Duration>) -> Option<Result<R, PoolError>> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut inside = self.lock();
        loop {
            if let Some(result) = inside.take() {
                return Some(result);
            }
            inside = match deadline {
                None => self
                    .opened
                    .wait(inside)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.checked_duration_since(Instant::now())?;
                    let waited = self.opened.wait_timeout(inside, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl<R> Inside<R> {
    /// Takes the result if it is there.
    fn take(&mut self) -> Option<Result<R, PoolError>> {
        match std::mem::replace(&mut self.letter, Letter::Taken) {
            Letter::Here(result) => Some(result),
            Letter::Taken => panic!("a job was polled after it had given its result"),
            other => {
                self.letter = other;
                None
            }
        }
    }
}
