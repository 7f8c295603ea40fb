//! A scope of a task: what a cancel stops at.
//!
//! A scope holds a part of the task's future, which it drops when a cancel arrives; the code around it goes on. It is
//! entered at its first poll and left at its end. Scopes lie within each other as their polls do: `Tasks::scope` says
//! which one is being polled. With several at once in one task, as in a `join!`, a cancel goes to the one entered last,
//! and a time limit's cancel to the one whose limit it is.

use super::EventLoop;
use super::callbacks::{Aggregate, Callback};
use super::cancel::Target;
use super::cell::{CellPointer, quietly};
use super::clock::NEVER;
use super::context::{with_loop, with_running};
use super::event::{Event, What};
use super::inbox::post_keeping;
use super::slots::{AGGREGATE, NO_SLOT};
use super::timers::{Action, TimerKey};
use super::waker::{self, TaskRef};
use crate::error::{CancelReason, Cancelled};
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A scope as its task's cell knows it.
pub(super) struct Entry {
    pub(super) id: u64,
    /// The scope that this one lies in, 0 for none.
    pub(super) outer: u64,
    /// Where the scope's time limit was set, if it has one.
    pub(super) limit: Option<&'static Location<'static>>,
    /// What ends the scope's time.
    pub(super) alarm: Alarm,
    /// What is awaited within the scope, as in `Slot::link`.
    pub(super) link: u32,
    /// Whether the time has run out.
    pub(super) expired: bool,
    /// Whether the task was asked to cancel for this scope's sake.
    pub(super) asked: bool,
    /// How many scopes lie directly in this one.
    pub(super) inner: u32,
    /// A request that is on its way to this scope.
    pub(super) raised: Option<Raised>,
    /// The request for this scope's own sake, which waits for the scope to be polled again.
    pub(super) waiting: Option<Cancelled>,
    /// Whether this only keeps the place of a scope that was left.
    pub(super) gap: bool,
    /// What few scopes have.
    rare: Option<Box<Rare>>,
}

/// A request that is on its way to a scope.
pub(super) struct Raised {
    pub(super) request: Cancelled,
    pub(super) target: Target,
    /// In how many steps the scope could have taken it.
    pub(super) offered: u8,
}

impl Raised {
    pub(super) fn new(request: Cancelled, target: Target) -> Self {
        Raised {
            request,
            target,
            offered: 0,
        }
    }
}

#[derive(Default)]
struct Rare {
    /// What wakes the scope, if that is not simply its task: a set of futures polls only who was woken.
    waker: Option<Rc<Waker>>,
    /// The aggregate that is awaited within the scope, while the link says `AGGREGATE`.
    aggregate: Option<Weak<dyn Aggregate>>,
}

/// What ends the time of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// Nothing: it has no limit, or one that never comes.
    Never,
    /// A timer.
    Timer(TimerKey),
    /// The limit was over when it was set: a callback that stands in the ready queue, as in asyncio.
    Soon(u32),
}

impl Entry {
    /// A scope that nothing is known of yet.
    pub(super) const BLANK: Entry = Entry {
        id: 0,
        outer: 0,
        limit: None,
        alarm: Alarm::Never,
        link: NO_SLOT,
        expired: false,
        asked: false,
        inner: 0,
        raised: None,
        waiting: None,
        gap: false,
        rare: None,
    };

    /// What keeps the place of a scope that was left.
    pub(super) fn gap(id: u64) -> Self {
        Entry {
            id,
            gap: true,
            ..Entry::BLANK
        }
    }

    /// Whether there is more to the scope's end than its alarm.
    #[inline]
    pub(super) fn is_special(&self) -> bool {
        self.raised.is_some() || self.waiting.is_some() || self.rare.is_some()
    }

    pub(super) fn waker(&self) -> Option<Rc<Waker>> {
        self.rare.as_ref()?.waker.clone()
    }

    pub(super) fn awaits_aggregate(&self, aggregate: *const ()) -> bool {
        let own = self.rare.as_ref().and_then(|rare| rare.aggregate.as_ref());
        own.is_some_and(|own| std::ptr::addr_eq(own.as_ptr(), aggregate))
    }

    pub(super) fn aggregate(&self) -> Option<Weak<dyn Aggregate>> {
        self.rare.as_ref()?.aggregate.clone()
    }
}

/// A scope's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScopeKey {
    /// The runtime's serial number.
    runtime: u64,
    pub(crate) task: TaskRef,
    pub(crate) id: u64,
    /// How many requests the task had when the scope was entered.
    requests: u32,
}

impl ScopeKey {
    /// Calls `f` with the loop, if it lives on this thread.
    pub(crate) fn with_loop<R>(self, f: impl FnOnce(&EventLoop) -> R) -> Option<R> {
        with_loop(self.runtime, f)
    }

    /// Leaves the scope; its alarm goes with it. On another thread that happens when the loop reads its inbox.
    pub(crate) fn leave(self) {
        let leave = move |event_loop: &EventLoop| {
            // If the time had run out, its request is no longer anybody's.
            if event_loop.leave_scope(self) {
                event_loop.take_back(self);
            }
        };
        if self.with_loop(leave).is_none() {
            post_keeping(self.runtime, leave);
        }
    }
}

/// A scope as a future holds it: left when it is dropped.
pub(crate) struct Scope(ScopeKey);

impl Scope {
    /// Enters a scope of the task that runs on this thread; `None` if none does.
    pub(crate) fn enter(cx: &Context<'_>) -> Option<Scope> {
        with_running(|event_loop| Some(Scope(event_loop.in_task()?.enter(cx, None)))).flatten()
    }

    pub(crate) fn key(&self) -> ScopeKey {
        self.0
    }

    /// Polls what the scope holds. An error says that a cancel has arrived, and that what it holds is to be dropped.
    /// `entered` is told of a scope of another task, if the future has come to one.
    pub(crate) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        entered: impl FnOnce(ScopeKey),
        mut inner: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<Result<R, Cancelled>> {
        let in_task = with_running(|event_loop| {
            let task = event_loop.in_task()?;
            if !task.owns(cx, self.0) {
                // The future has come to another task.
                let here = Scope(task.enter(cx, None));
                drop(std::mem::replace(self, here));
                entered(self.0);
            }
            Some(task.poll(self.0, || inner(cx)))
        });
        match in_task.flatten() {
            Some(polled) => polled,
            None => inner(cx).map(Ok),
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Polls the future that a scope holds, which is dropped at the scope's end.
pub(crate) fn poll_held<F: Future>(
    future: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    match future.as_pin_mut() {
        Some(future) => future.poll(cx),
        None => panic!("a future was polled after its end"),
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

/// The task that runs, for the scopes in it.
pub(crate) struct InTask<'a> {
    event_loop: &'a EventLoop,
    task: TaskRef,
    cell: CellPointer,
}

impl InTask<'_> {
    /// Enters a scope. Compiled into its caller, which so has the key in registers.
    #[inline(always)]
    pub(crate) fn enter(
        &self,
        cx: &Context<'_>,
        limit: Option<&'static Location<'static>>,
    ) -> ScopeKey {
        let waker = (!self.is_direct(cx)).then(|| Rc::new(cx.waker().clone()));
        let tasks = &self.event_loop.tasks;
        let id = tasks.next_scope.replace(tasks.next_scope.get() + 1);
        let requests = self.cell.with_extra(|extra| {
            let outer = tasks.scope.get();
            let scopes = &mut extra.cancel.scopes;
            scopes.push(id, outer, limit);
            if let (Some(waker), Some(entry)) = (waker, scopes.get_mut(id)) {
                entry.rare.get_or_insert_default().waker = Some(waker);
            }
            extra.cancel.requests_at(outer)
        });
        ScopeKey {
            runtime: self.event_loop.serial,
            task: self.task,
            id,
            requests,
        }
    }

    /// Lets the time of the scope that was entered last run out at this time of the loop's clock, which is `now`.
    #[inline]
    pub(crate) fn arm(&self, scope: ScopeKey, now: u64, when: u64) {
        let alarm = self.event_loop.alarm(scope, now, when);
        self.cell.with_extra_if_any(|extra| {
            if let Some(entry) = extra.cancel.scopes.get_mut(scope.id) {
                entry.alarm = alarm;
            }
        });
    }

    /// Leaves a scope, and returns whether its time had run out.
    #[inline]
    pub(crate) fn leave(&self, scope: ScopeKey) -> bool {
        self.event_loop.leave_scope_of(scope, self.cell)
    }

    /// Whether the context is the task's own, and not that of a set of futures within it.
    #[inline]
    fn is_direct(&self, cx: &Context<'_>) -> bool {
        waker::task_of(cx.waker(), self.event_loop.waker_base) == Some(self.task)
    }

    /// Whether a scope is one of this task. If so, it is woken as this context says from now on.
    #[inline]
    pub(crate) fn owns(&self, cx: &Context<'_>, scope: ScopeKey) -> bool {
        let own = scope.task == self.task && scope.runtime == self.event_loop.serial;
        if own && !self.is_direct(cx) {
            renew_waker(self.cell, scope.id, cx.waker());
        }
        own
    }

    /// Polls what a scope holds; see `Scope::poll`.
    #[inline]
    pub(crate) fn poll<R>(
        &self,
        scope: ScopeKey,
        inner: impl FnOnce() -> Poll<R>,
    ) -> Poll<Result<R, Cancelled>> {
        let (event_loop, cell) = (self.event_loop, self.cell);
        if let Some(cancelled) = event_loop.take_raised(cell, scope.id) {
            return Poll::Ready(Err(cancelled));
        }
        let tasks = &event_loop.tasks;
        let within = Within {
            event_loop,
            scope: tasks.scope.replace(scope.id),
            awaits: tasks.awaits.replace(NO_SLOT),
        };
        let polled = inner();
        let link = tasks.awaits.get();
        drop(within);
        if polled.is_ready() {
            return polled.map(Ok);
        }
        cell.with_extra_if_any(|extra| {
            let cancelling = &mut extra.cancel;
            let Some(entry) = cancelling.scopes.get_mut(scope.id) else {
                return;
            };
            entry.link = link;
            if link == AGGREGATE {
                let rare = entry.rare.get_or_insert_default();
                rare.aggregate = cancelling.aggregate.clone();
            }
        });
        match event_loop.take_raised(cell, scope.id) {
            Some(cancelled) => Poll::Ready(Err(cancelled)),
            None => Poll::Pending,
        }
    }
}

impl EventLoop {
    /// The task that runs, if one does.
    #[inline]
    pub(crate) fn in_task(&self) -> Option<InTask<'_>> {
        let (task, cell) = self.current_cell()?;
        Some(InTask {
            event_loop: self,
            task,
            cell,
        })
    }

    /// Leaves a scope, and returns whether its time had run out.
    pub(crate) fn leave_scope(&self, scope: ScopeKey) -> bool {
        match self.live_cell(scope.task) {
            Some(cell) => self.leave_scope_of(scope, cell),
            None => false,
        }
    }

    #[inline]
    fn leave_scope_of(&self, scope: ScopeKey, cell: CellPointer) -> bool {
        let left = cell.with_extra_if_any(|extra| extra.cancel.scopes.remove_last(scope.id));
        match left.flatten() {
            Some((alarm, expired)) => {
                self.disarm(alarm, scope.id);
                expired
            }
            None => self.leave_special_scope(scope, cell),
        }
    }

    /// The rare way to leave a scope: another one was entered later, or a request is on its way here.
    #[inline(never)]
    fn leave_special_scope(&self, scope: ScopeKey, cell: CellPointer) -> bool {
        let left = cell
            .with_extra_if_any(|extra| extra.cancel.scopes.remove(scope.id))
            .flatten();
        let Some(left) = left else {
            return false;
        };
        self.disarm(left.alarm, scope.id);
        // A request that was on its way here, when the code around dropped the scope, is still to be delivered, unless it
        // was for this scope's sake.
        if let Some(raised) = left.raised
            && raised.target != Target::Within(scope.id)
        {
            self.mark(scope.task.index(), cell, raised.target, &raised.request);
        }
        // The waker is somebody else's.
        if let Some(rare) = left.rare {
            quietly(|| drop(rare));
        }
        left.expired
    }

    /// Takes back the request that was made for the sake of a scope that has been left, and says whether it was the only
    /// one since the scope was entered, so that the cancel ends here. Those for the sake of others beside it do not count.
    pub(crate) fn take_back(&self, scope: ScopeKey) -> bool {
        self.take_back_for(scope.task, scope.id, scope.requests)
    }

    /// Takes back a request that was made for the sake of a scope, and says whether no more than so many are left that
    /// concern the code which runs.
    pub(crate) fn take_back_for(&self, task: TaskRef, scope: u64, known: u32) -> bool {
        let Some(cell) = self.live_cell(task) else {
            return true;
        };
        cell.with_extra(|extra| {
            let asks = &mut extra.cancel.asks;
            *asks = asks.saturating_sub(1);
        });
        self.uncancel(task.index());
        let ours = self.requests_here(task) <= known;
        if ours {
            self.unmark(cell, |target| target == Target::Within(scope));
        }
        ours
    }

    /// How many requests the task has that concern the code which runs: those for the sake of scopes beside it do not.
    pub(crate) fn requests_here(&self, task: TaskRef) -> u32 {
        self.live_cell(task)
            .and_then(|cell| {
                cell.with_extra_if_any(|extra| extra.cancel.requests_at(self.tasks.scope.get()))
            })
            .unwrap_or(0)
    }

    /// Lets the time of a scope run out at this time of the loop's clock, and at no other.
    pub(crate) fn rearm(&self, scope: ScopeKey, when: u64) {
        let Some(cell) = self.live_cell(scope.task) else {
            return;
        };
        let alarm = self.alarm(scope, self.clock.now(), when);
        let before = cell
            .with_extra_if_any(|extra| {
                let entry = extra.cancel.scopes.get_mut(scope.id)?;
                Some(std::mem::replace(&mut entry.alarm, alarm))
            })
            .flatten();
        // A scope that was left has no use for an alarm.
        self.disarm(before.unwrap_or(alarm), scope.id);
    }

    /// Makes an alarm for a scope.
    #[inline]
    fn alarm(&self, scope: ScopeKey, now: u64, when: u64) -> Alarm {
        if when == NEVER {
            return Alarm::Never;
        }
        let callback = Callback::Expire(scope.task, scope.id);
        if when > now {
            let action = if self.has_crowd(scope.task) {
                Action::Callback(self.callbacks.insert(callback))
            } else {
                Action::Expire(scope.task)
            };
            let timer = self.set_timer(now, when, action);
            return timer.map_or(Alarm::Never, Alarm::Timer);
        }
        let key = self.callbacks.insert(callback);
        self.queue_callback(key);
        Alarm::Soon(key)
    }

    /// Whether a task has so many scopes that a timer is to know its own.
    fn has_crowd(&self, task: TaskRef) -> bool {
        const CROWD: usize = 16;
        let count = self
            .live_cell(task)
            .and_then(|cell| cell.with_extra_if_any(|extra| extra.cancel.scopes.len()));
        count.is_some_and(|count| count > CROWD)
    }

    fn disarm(&self, alarm: Alarm, scope: u64) {
        match alarm {
            Alarm::Never => {}
            Alarm::Timer(timer) => self.cancel_timer(timer),
            Alarm::Soon(key) => {
                if self.callbacks.cancel_expiry(key, scope) {
                    self.observe(|| Event::of(What::CallDropped { call: key }));
                }
            }
        }
    }

    /// A timer of a scope has fired.
    pub(super) fn expire_by_timer(&self, task: TaskRef, timer: u32) {
        let scope = self.live_cell(task).and_then(|cell| {
            cell.with_extra(|extra| {
                let rings =
                    |entry: &&Entry| matches!(entry.alarm, Alarm::Timer(key) if key.key == timer);
                extra.cancel.scopes.iter().find(rings).map(|entry| entry.id)
            })
        });
        if let Some(scope) = scope {
            self.expire(task, scope);
        }
    }

    /// The time of a scope has run out: the task is asked to cancel what the scope holds.
    pub(super) fn expire(&self, task: TaskRef, scope: u64) {
        let Some(cell) = self.live_cell(task) else {
            return;
        };
        let limit = cell.with_extra(|extra| {
            let scope = extra.cancel.scopes.get_mut(scope)?;
            scope.expired = true;
            scope.alarm = Alarm::Never;
            scope.limit
        });
        if let Some(at) = limit {
            let request = Cancelled::new(CancelReason::Timeout, None, None, at);
            self.cancel_task(task, Target::Within(scope), &request);
        }
    }

    /// The line that set the limit of the scope which is being polled, if it has one.
    pub(super) fn line_of_limit(&self) -> Option<&'static Location<'static>> {
        let (_, cell) = self.current_cell()?;
        let scope = self.tasks.scope.get();
        cell.with_extra_if_any(|extra| extra.cancel.scopes.get_mut(scope)?.limit)
            .flatten()
    }

    /// Whether the time of a scope has run out.
    pub(crate) fn has_expired(&self, scope: ScopeKey) -> bool {
        self.live_cell(scope.task).is_some_and(|cell| {
            cell.with_extra_if_any(|extra| Some(extra.cancel.scopes.get_mut(scope.id)?.expired))
                .flatten()
                .unwrap_or(false)
        })
    }
}

/// Lets a scope be woken by a waker that is not its task's.
#[cold]
fn renew_waker(cell: CellPointer, scope: u64, waker: &Waker) {
    let known = cell.with_extra(|extra| extra.cancel.scopes.get_mut(scope)?.waker());
    if !known.is_some_and(|known| known.will_wake(waker)) {
        let waker = Rc::new(waker.clone());
        let before = cell.with_extra(|extra| {
            let entry = extra.cancel.scopes.get_mut(scope)?;
            entry.rare.get_or_insert_default().waker.replace(waker)
        });
        quietly(|| drop(before));
    }
}
