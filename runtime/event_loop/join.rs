//! The typed side of a task: the one who may take its output.

#![allow(unsafe_code)]

use super::EventLoop;
use super::context::{running_as, with_loop};
use super::inbox::{self, Message};
use super::waker::TaskRef;
use crate::error::JoinError;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The right to a task's output. Holds numbers, no pointers, and so may go to other threads; what it does there
/// travels through the inbox.
pub(crate) struct Join<T> {
    /// The runtime's serial number, which is never reused; `TAKEN` once the output was given.
    runtime: u64,
    /// The task's slot.
    ///
    /// # Invariant
    /// Made by `spawn` together with `T`, and not cloned: while this exists and is not `TAKEN`, the slot is this
    /// task's own, and the output is a `T`.
    index: u32,
    /// The slot's generation: what is said on another thread arrives when the slot may be another task's.
    generation: u32,
    spawned_at: &'static Location<'static>,
    /// A `T` comes out of it.
    output: PhantomData<fn() -> T>,
}

/// No runtime has this number.
const TAKEN: u64 = 0;
/// Nor this: for a task that was refused.
const REFUSED: u64 = u64::MAX;

impl<T> Unpin for Join<T> {}

impl<T> Join<T> {
    /// Spawns a task. On a loop that is closing the future is dropped, and `poll` will say so.
    #[inline(always)]
    pub(crate) fn spawn<F>(
        event_loop: &EventLoop,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        let Some((index, generation)) = event_loop.spawn(future, true, spawned_at) else {
            return Join::refused(spawned_at);
        };
        Join {
            runtime: event_loop.serial,
            index,
            generation,
            spawned_at,
            output: PhantomData,
        }
    }

    /// The right to the output of a task that was not spawned.
    pub(crate) fn refused(spawned_at: &'static Location<'static>) -> Self {
        Join {
            runtime: REFUSED,
            index: 0,
            generation: 0,
            spawned_at,
            output: PhantomData,
        }
    }

    /// Calls `f` with the loop and the slot, if the loop lives on this thread.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&EventLoop, u32) -> R) -> Option<R> {
        with_loop(self.runtime, |event_loop| f(event_loop, self.index))
    }

    /// Calls `f` with the loop and the slot: now if the loop lives on this thread, else when it reads its inbox.
    #[inline(always)]
    pub(crate) fn with_or_post(&self, f: impl FnOnce(&EventLoop, u32) + Copy + Send + 'static) {
        if self.with(f).is_none() {
            self.post(f);
        }
    }

    /// Calls `f` when the loop reads its inbox, if the task has not ended by then: the handle may have been sent back
    /// meanwhile, and been used up.
    pub(crate) fn post_to_task(&self, f: impl FnOnce(&EventLoop, u32) + Send + 'static) {
        let task = TaskRef::new(self.index, self.generation);
        self.post(move |event_loop, index| {
            if event_loop.is_alive(task) {
                f(event_loop, index);
            }
        });
    }

    #[cold]
    fn post(&self, f: impl FnOnce(&EventLoop, u32) + Send + 'static) {
        let index = self.index;
        if let Some(shared) = inbox::shared(self.runtime as u16) {
            // An ended runtime has no task left to keep house for.
            let _ = shared.post(
                self.runtime,
                Message::Keep(Box::new(move |event_loop| f(event_loop, index))),
            );
        }
    }

    /// Waits for the task's end, and takes the output.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        assert!(
            self.runtime != TAKEN,
            "a JoinHandle was polled after it gave its task's output"
        );
        // SAFETY: it is used in this call only.
        let Some(event_loop) = (unsafe { running_as(self.runtime) }) else {
            return self.poll_outside_of_run(cx);
        };
        // SAFETY: the invariant of `index`; the serial number says that the loop is the one that spawned the task.
        let result = unsafe { event_loop.poll_join(self.index, cx.waker()) };
        if result.is_ready() {
            self.runtime = TAKEN;
        }
        result
    }

    /// The rare part of `poll`, compiled apart: the task's loop lives on this thread and does not run, or lives elsewhere.
    #[cold]
    #[inline(never)]
    fn poll_outside_of_run(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        // SAFETY: as in `poll`.
        let result =
            self.with(|event_loop, index| unsafe { event_loop.poll_join(index, cx.waker()) });
        match result {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(result)) => {
                self.runtime = TAKEN;
                Poll::Ready(result)
            }
            None if self.runtime == REFUSED => {
                Poll::Ready(Err(JoinError::refused(self.spawned_at)))
            }
            None => Poll::Ready(Err(JoinError::elsewhere(self.spawned_at))),
        }
    }

    /// Takes the output of a task that has ended.
    pub(crate) fn take(mut self) -> Result<T, JoinError> {
        match self.poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => unreachable!("take is for tasks that have ended"),
        }
    }

    /// Looks at the output of a task that has ended with one. `f` must not use handles.
    pub(crate) fn with_output<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        // SAFETY: as in `poll`; the output is taken through `&mut self` or `self` only, and `self` is borrowed.
        self.with(|event_loop, index| unsafe { event_loop.with_output(index, f) })
            .flatten()
    }

    /// The slot, if the task is one of this loop's.
    pub(crate) fn index_in(&self, event_loop: &EventLoop) -> Option<u32> {
        (self.runtime == event_loop.serial).then_some(self.index)
    }

    /// Whether the output was given.
    pub(crate) fn is_taken(&self) -> bool {
        self.runtime == TAKEN
    }

    pub(crate) fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    #[inline(always)]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll(cx)
    }
}

impl<T> Drop for Join<T> {
    #[inline]
    fn drop(&mut self) {
        if self.runtime != TAKEN {
            self.with_or_post(|event_loop, index| event_loop.detach(index));
        }
    }
}
