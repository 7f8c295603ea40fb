//! The delivery of a cancel: how a request that a task is marked with reaches the scope that it is for.
//!
//! A mark is taken before the task's step, and laid down at its scope, which finds it when the step polls it. A scope that
//! the step does not poll is only kept by the code, or was leaked: then the request goes on to the next one further out, so
//! that it is not lost.

use super::EventLoop;
use super::cancel::Target;
use super::cell::{CellPointer, State, flag, quietly};
use super::event::{Event, What};
use super::observer::TaskId;
use super::scope::Raised;
use crate::error::{Cancelled, JoinError};

/// After so many steps of a task that is always ready, a scope which is polled by a set of futures counts as one that is not.
const PATIENCE: u8 = 64;

impl EventLoop {
    /// Delivers the request that a task is marked with: ends the task, or lets the poll that follows find it at its scope.
    /// Returns whether the task has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn deliver_cancel(&self, cell: CellPointer) -> bool {
        cell.clear_flag(flag::CANCEL);
        let mark = cell.with_extra(|extra| extra.cancel.mark.take());
        let until = mark
            .as_ref()
            .and_then(|mark| mark.until.as_ref()?.upgrade());
        if until.is_some_and(|until| until.is_ending()) {
            // Somebody has woken the task before its time.
            cell.set_flag(flag::CANCEL);
            cell.with_extra(|extra| extra.cancel.mark = mark);
            return false;
        }
        let to_task = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            let mark = mark?;
            match cancelling.scopes.place(mark.target).map(|scope| scope.id) {
                None => Some(mark.request),
                Some(scope) => {
                    let raised = Raised::new(mark.request, mark.target);
                    cancelling.raise_to(scope, raised);
                    None
                }
            }
        });
        self.observe(|| Event::of_task(TaskId(cell.number), What::CancelDelivered));
        if let Some(request) = to_task {
            self.end_cancelled(cell, request);
            return true;
        }
        let wakers = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            let mut wakers = Vec::new();
            for &scope in &cancelling.raised_to {
                if let Some(entry) = cancelling.scopes.get_mut(scope)
                    && let Some(raised) = &mut entry.raised
                    && raised.offered == 0
                {
                    raised.offered = 1;
                    wakers.extend(entry.waker());
                }
            }
            if !cancelling.raised_to.is_empty() {
                cell.set_flag(flag::RAISED);
            }
            wakers
        });
        // These scopes are polled by somebody's own set of futures, which polls who was woken.
        for waker in wakers {
            quietly(|| waker.wake_by_ref());
            quietly(|| drop(waker));
        }
        false
    }

    fn end_cancelled(&self, cell: CellPointer, request: Cancelled) {
        cell.drop_future(JoinError::of_cancelled(
            request,
            cell.name(),
            cell.spawned_at,
        ));
    }

    /// Sends a request outwards from the code that runs: to the scope around it, or to the task.
    /// Returns whether a task runs.
    pub(crate) fn raise(&self, request: &Cancelled) -> bool {
        let Some((_, cell)) = self.current_cell() else {
            return false;
        };
        let scope = self.tasks.scope.get();
        cell.set_flag(flag::RAISED);
        cell.with_extra(|extra| {
            let raised = Raised {
                offered: 1,
                ..Raised::new(request.clone(), Target::Innermost)
            };
            if !extra.cancel.raise_to(scope, raised) {
                extra.cancel.raised = Some(request.clone());
            }
        });
        true
    }

    /// Takes the request that is on its way to this scope of the task that runs.
    #[inline]
    pub(super) fn take_raised(&self, cell: CellPointer, scope: u64) -> Option<Cancelled> {
        match cell.has_flag(flag::RAISED) {
            true => self.take_raised_now(cell, scope),
            false => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn take_raised_now(&self, cell: CellPointer, scope: u64) -> Option<Cancelled> {
        let taken = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            if scope == 0 {
                return cancelling.raised.take();
            }
            let entry = cancelling.scopes.get_mut(scope)?;
            let raised = entry.raised.take().map(|raised| raised.request);
            // Both are one cancel for the code.
            raised.or(entry.waiting.take())
        });
        if scope != 0 && taken.is_some() {
            self.observe(|| Event::of_task(TaskId(cell.number), What::CancelAbsorbed));
        }
        taken
    }

    /// A step is over in which scopes did not take what was raised to them. One that the step did not poll, since it is
    /// only kept, or was leaked, must not keep the request from those around it.
    fn raise_further(&self, index: u32, cell: CellPointer) {
        let queued = self.is_queued(index);
        let (to_task, step) = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            let (mut to_task, mut step) = (None, false);
            for scope in std::mem::take(&mut cancelling.raised_to) {
                let Some(entry) = cancelling.scopes.get_mut(scope) else {
                    continue;
                };
                let patient = queued && entry.waker().is_some();
                let Some(raised) = &mut entry.raised else {
                    if entry.waiting.is_some() {
                        cancelling.raised_to.push(scope);
                    }
                    continue;
                };
                if raised.offered == 0 || patient && raised.offered < PATIENCE {
                    step |= raised.offered == 0;
                    raised.offered += u8::from(raised.offered > 0);
                    cancelling.raised_to.push(scope);
                    continue;
                }
                let target = raised.target;
                let next = cancelling.scopes.place_after(scope, target);
                let next = next.map(|next| next.map(|next| next.id));
                let Some(entry) = cancelling.scopes.get_mut(scope) else {
                    continue;
                };
                let request = entry.raised.take().map(|raised| raised.request);
                if next.is_none() {
                    // It is for this scope alone, and waits for its next poll.
                    entry.waiting = request;
                    cancelling.raised_to.push(scope);
                    continue;
                }
                if entry.waiting.is_some() {
                    cancelling.raised_to.push(scope);
                }
                match (next.flatten(), request) {
                    (Some(next), Some(request)) => {
                        cancelling.raise_to(next, Raised::new(request, target));
                        step = true;
                    }
                    (_, request) => to_task = request,
                }
            }
            if cancelling.raised_to.is_empty() {
                cell.clear_flag(flag::RAISED);
            }
            (to_task, step)
        });
        if let Some(request) = to_task {
            self.mark(index, cell, Target::Task, &request);
        } else if step {
            cell.set_flag(flag::CANCEL);
            self.queue(index);
        }
    }

    /// What there is to do after the step that ended a task which was marked in it, or in which a request was raised.
    #[cold]
    #[inline(never)]
    pub(super) fn cancel_after_end(&self, cell: CellPointer) {
        let before = cell.with_extra(|extra| extra.cancel.failure.take());
        drop(before);
        drop(self.take_raised(cell, 0));
        let mark = cell.with_extra(|extra| extra.cancel.mark.take());
        cell.clear_flag(flag::CANCEL);
        if let Some(mark) = mark
            && cell.state.get() == State::Done
        {
            let error = JoinError::of_cancelled(mark.request, cell.name(), cell.spawned_at);
            cell.replace_output(error);
        }
    }

    /// The same after a step in which the task began to wait. Returns whether the task has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn cancel_after_wait(&self, index: u32, cell: CellPointer) -> bool {
        let failure = cell.with_extra(|extra| extra.cancel.failure.take());
        if let Some(error) = failure {
            cell.drop_future(error);
            return true;
        }
        if let Some(request) = self.take_raised(cell, 0) {
            self.end_cancelled(cell, request);
            return true;
        }
        let mark = cell.with_extra(|extra| extra.cancel.mark.take());
        cell.clear_flag(flag::CANCEL);
        if cell.has_flag(flag::RAISED) {
            self.raise_further(index, cell);
        }
        if let Some(mark) = mark {
            // As in asyncio, what the task has begun to await meanwhile is cancelled in its place.
            let (slot, _) = self.held_slot(index);
            self.pass_on(index, slot, cell, mark.target, &mark.request);
        }
        false
    }
}
