//! A scope of a task: what a cancel stops at.
//!
//! A scope holds a part of the task's future, which it drops when a cancel arrives; the code around it goes on. It is
//! entered at its first poll and left at its end. Scopes lie within each other as their polls do: `Tasks::scope` says
//! which one is being polled. With several at once in one task, as in a `join!`, a cancel goes to the one entered last,
//! and a time limit's cancel to the one whose limit it is.

use super::EventLoop;
use super::callbacks::{Aggregate, Callback};
use super::cancel::Target;
use super::cell::CellPointer;
use super::clock;
use super::context::{with_loop, with_running};
use super::inbox::post_keeping;
use super::ready_queue::Entry as ReadyEntry;
use super::slots::{AGGREGATE, NO_SLOT};
use super::timers::{Action, TimerKey};
use super::waker::{self, TaskRef};
use crate::error::Cancelled;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A scope as its task's cell knows it.
pub(super) struct Entry {
    pub(super) id: u64,
    /// The scope that this one lies in, 0 for none.
    pub(super) outer: u64,
    /// What wakes the scope, if that is not simply its task: a set of futures polls only who was woken.
    pub(super) waker: Option<Rc<Waker>>,
    /// What is awaited within the scope, as in `Slot::link`.
    pub(super) link: u32,
    /// The aggregate that is awaited within the scope, while the link says `AGGREGATE`.
    pub(super) aggregate: Option<Weak<dyn Aggregate>>,
    /// Where the scope's time limit was set, if it has one.
    pub(super) limit: Option<&'static Location<'static>>,
    /// Whether the time has run out.
    pub(super) expired: bool,
}

/// A scope as its future knows it. Left when it is dropped.
pub(crate) struct Scope {
    /// The runtime's serial number.
    runtime: u64,
    pub(crate) task: TaskRef,
    pub(crate) id: u64,
    /// How many requests the task had when the scope was entered.
    requests: u32,
    limit: Option<&'static Location<'static>>,
}

impl Scope {
    /// Enters a scope of the task that runs on this thread; `None` if none does.
    pub(crate) fn enter(
        cx: &Context<'_>,
        limit: Option<&'static Location<'static>>,
    ) -> Option<Scope> {
        with_running(|event_loop| {
            let (task, cell) = event_loop.current_cell()?;
            let direct = waker::task_of(cx.waker(), event_loop.short) == Some(task);
            let waker = (!direct).then(|| Rc::new(cx.waker().clone()));
            let tasks = &event_loop.tasks;
            let id = tasks.next_scope.replace(tasks.next_scope.get() + 1);
            let requests = cell.with_extra(|extra| {
                extra.cancel.scopes.push(Entry {
                    id,
                    outer: tasks.scope.get(),
                    waker,
                    link: NO_SLOT,
                    aggregate: None,
                    limit,
                    expired: false,
                });
                extra.cancel.requests
            });
            Some(Scope {
                runtime: event_loop.serial,
                task,
                id,
                requests,
                limit,
            })
        })
        .flatten()
    }

    /// Polls what the scope holds. An error says that a cancel has arrived, and that what it holds is to be dropped.
    pub(crate) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        inner: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<Result<R, Cancelled>> {
        let mut inner = Some(inner);
        let in_task = with_running(|event_loop| {
            let cell = self.find(event_loop, cx)?;
            Some(self.poll_in(event_loop, cell, cx, inner.take()?))
        });
        match (in_task.flatten(), inner) {
            (Some(polled), _) => polled,
            (None, Some(inner)) => inner(cx).map(Ok),
            (None, None) => unreachable!("what was polled has an outcome"),
        }
    }

    /// The cell of the task that runs, if a task does. Where the scope has come to another task, it is entered there.
    fn find(&mut self, event_loop: &EventLoop, cx: &Context<'_>) -> Option<CellPointer> {
        let (task, cell) = event_loop.current_cell()?;
        if task != self.task || event_loop.serial != self.runtime {
            *self = Scope::enter(cx, self.limit)?;
        } else if waker::task_of(cx.waker(), event_loop.short) != Some(task) {
            self.renew(cell, cx.waker());
        }
        Some(cell)
    }

    /// Lets the scope be woken by this waker from now on.
    fn renew(&self, cell: CellPointer, waker: &Waker) {
        let known = cell
            .with_extra(|extra| extra.cancel.scope_mut(self.id)?.waker.clone())
            .is_some_and(|known| known.will_wake(waker));
        if !known {
            let waker = Rc::new(waker.clone());
            let before = cell.with_extra(|extra| {
                let entry = extra.cancel.scope_mut(self.id)?;
                entry.waker.replace(waker)
            });
            drop(before);
        }
    }

    fn poll_in<R>(
        &self,
        event_loop: &EventLoop,
        cell: CellPointer,
        cx: &mut Context<'_>,
        inner: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<Result<R, Cancelled>> {
        if let Some(cancelled) = event_loop.take_raised(cell, self.id) {
            return Poll::Ready(Err(cancelled));
        }
        let tasks = &event_loop.tasks;
        let within = Within {
            event_loop,
            scope: tasks.scope.replace(self.id),
            awaits: tasks.awaits.replace(NO_SLOT),
        };
        let polled = inner(cx);
        let link = tasks.awaits.get();
        drop(within);
        if polled.is_ready() {
            return polled.map(Ok);
        }
        cell.with_extra(|extra| {
            let aggregate = match link {
                AGGREGATE => extra.cancel.aggregate.clone(),
                _ => None,
            };
            if let Some(entry) = extra.cancel.scope_mut(self.id) {
                entry.link = link;
                entry.aggregate = aggregate;
            }
        });
        match event_loop.take_raised(cell, self.id) {
            Some(cancelled) => Poll::Ready(Err(cancelled)),
            None => Poll::Pending,
        }
    }

    /// Takes back a request that was made for this scope, and says whether it was the only one since the scope was
    /// entered, so that the cancel ends here.
    pub(crate) fn take_back(&self) -> bool {
        with_loop(self.runtime, |event_loop| {
            event_loop.live_cell(self.task)?;
            Some(event_loop.uncancel(self.task.index()) <= self.requests)
        })
        .flatten()
        .unwrap_or(true)
    }

    /// The runtime's serial number, the task, and the scope's number.
    pub(crate) fn place(&self) -> (u64, TaskRef, u64) {
        (self.runtime, self.task, self.id)
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let (task, id) = (self.task, self.id);
        let leave = move |event_loop: &EventLoop| event_loop.leave_scope(task, id);
        if with_loop(self.runtime, leave).is_none() {
            post_keeping(self.runtime, leave);
        }
    }
}

/// While it lives, a scope is being polled.
struct Within<'a> {
    event_loop: &'a EventLoop,
    /// The scope around it.
    scope: u64,
    /// What was awaited around it, earlier in this step.
    awaits: u32,
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        let tasks = &self.event_loop.tasks;
        tasks.scope.set(self.scope);
        if tasks.awaits.get() == NO_SLOT {
            tasks.awaits.set(self.awaits);
        }
    }
}

/// The timer of a scope's time limit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alarm {
    /// No limit, or one that never comes.
    Never,
    /// A timer.
    Timer(TimerKey),
    /// The limit was over when it was set: a callback that stands in the ready queue, as in asyncio.
    Soon(u32),
}

impl Alarm {
    pub(crate) fn is_never(self) -> bool {
        matches!(self, Alarm::Never)
    }
}

impl EventLoop {
    /// Lets the time of a scope run out at this time of the loop's clock.
    pub(crate) fn arm(&self, task: TaskRef, scope: u64, when: u64) -> Alarm {
        let now = self.clock.now();
        if when == clock::NEVER {
            return Alarm::Never;
        }
        let key = self.callbacks.insert(Callback::Expire(task, scope));
        if when > now {
            let timer = self.set_timer(now, when, Action::Callback(key));
            return timer.map_or(Alarm::Never, Alarm::Timer);
        }
        self.ready.push(ReadyEntry::Callback(key));
        Alarm::Soon(key)
    }

    /// Whether the time of a scope has run out.
    pub(crate) fn has_expired(&self, task: TaskRef, scope: u64) -> bool {
        self.live_cell(task).is_some_and(|cell| {
            cell.with_extra_if_any(|extra| Some(extra.cancel.scope_mut(scope)?.expired))
                .flatten()
                .unwrap_or(false)
        })
    }

    pub(crate) fn disarm(&self, alarm: Alarm, scope: u64) {
        match alarm {
            Alarm::Never => {}
            Alarm::Timer(timer) => self.cancel_timer(timer),
            Alarm::Soon(key) => self.callbacks.cancel_expiry(key, scope),
        }
    }

    fn leave_scope(&self, task: TaskRef, id: u64) {
        let Some(cell) = self.live_cell(task) else {
            return;
        };
        let left = cell.with_extra(|extra| {
            let scopes = &mut extra.cancel.scopes;
            let position = scopes.iter().rposition(|scope| scope.id == id)?;
            Some(scopes.remove(position))
        });
        drop(left);
        // A request that was on its way here, when the code around dropped the scope, is still to be delivered.
        if let Some(request) = self.take_raised(cell, id) {
            self.mark(task.index(), cell, Target::Innermost, &request);
        }
    }
}
