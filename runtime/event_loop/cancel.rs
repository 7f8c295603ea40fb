//! Cancelling: asyncio's requests, counted and edge-triggered, in terms of futures.
//!
//! A request goes down to what is awaited, and comes back up as the thing ends:
//!
//! ```text
//!   cancel(P) ──▶ P awaits task C? ──yes──▶ cancel(C) ... C ends cancelled ──▶ P is marked, and woken
//!                       │ no: it awaits a leaf, is queued, or runs
//!                       ▼
//!                 P is marked and queued ──▶ its next step delivers: to the innermost scope (`scope`), whose
//!                                            future is dropped; where there is no scope, P's own future is
//! ```
//! A mark stays until a step delivers it. If the step in which a task marks itself ends the task, the output is dropped:
//! it was cancelled. A scope that has caught a cancel may raise it again (`raise`): the next scope outwards takes it in the
//! same step, as an exception would travel.
//!
//! What a task awaits is noted after each step in its slot (`Slot::link`), and for each scope in the scope. A link is
//! trusted only if the awaited task says the same: its waiter must be this task.

use super::EventLoop;
use super::callbacks::{Aggregate, Callback};
use super::cell::{CellPointer, State, flag};
use super::observer::TaskId;
use super::scope::{Entry, Raised};
use super::scope_table::Scopes;
use super::slots::{AGGREGATE, NO_SLOT, Slot};
use super::waiters::Waiter;
use super::waker::{self, TaskRef};
use crate::error::{CancelReason, Cancelled, JoinError};
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::task::Waker;

/// What a cell knows of cancelling.
#[derive(Default)]
pub(super) struct Cancelling {
    /// How many requests were made and not taken back, as asyncio's `cancelling()`.
    pub(super) requests: u32,
    /// How many of these were made for the sake of one scope (its time has run out, its group has failed), and are to be taken
    /// back by it.
    pub(super) asks: u32,
    /// The request to be delivered at the next step, while the cell's `CANCEL` is set.
    pub(super) mark: Option<Mark>,
    /// A request on its way to the task, past all scopes, while the cell's `RAISED` is set.
    pub(super) raised: Option<Cancelled>,
    /// The scopes that have a request on its way to them, and some that had one, while the cell's `RAISED` is set.
    pub(super) raised_to: Vec<u64>,
    /// What the task is to end with at the end of its step, while the cell's `RAISED` is set.
    pub(super) failure: Option<JoinError>,
    /// The tasks that await this one and passed a request on to it, while the cell's `FROM_JOINER` is set.
    joiners: Vec<TaskRef>,
    /// The scopes that were entered and not left, oldest first.
    pub(super) scopes: Scopes,
    /// The aggregate that the task awaits, while its link says `AGGREGATE`.
    pub(super) aggregate: Option<Weak<dyn Aggregate>>,
}

pub(super) struct Mark {
    pub(super) request: Cancelled,
    pub(super) target: Target,
    /// Whether the task waited for something when it was marked, and was not ready to go on.
    waited: bool,
    /// What is to end before the request is delivered, if it was refused by what the task waits for.
    pub(super) until: Option<Weak<dyn Aggregate>>,
}

/// Who a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The innermost scope, or the task if it has none.
    Innermost,
    /// The innermost scope within this one: its time has run out, or its group has failed.
    Within(u64),
    /// The task as a whole: it is aborted.
    Task,
}

/// What a task awaits, as far as cancelling cares.
enum Awaited {
    Nothing,
    Task(u32),
    Aggregate(Weak<dyn Aggregate>),
}

impl Cancelling {
    /// How many requests concern the code in this scope: all but those for the sake of scopes that it does not lie in.
    pub(super) fn requests_at(&self, scope: u64) -> u32 {
        if self.asks == 0 {
            return self.requests;
        }
        let elsewhere = self.asks.saturating_sub(self.scopes.asked_around(scope));
        self.requests.saturating_sub(elsewhere)
    }

    /// The scope that a request for this target goes to, if one for the other target goes elsewhere.
    fn elsewhere(&self, target: Target, other: Target) -> Option<u64> {
        if target == Target::Task || other == Target::Task {
            return None;
        }
        let place = self.scopes.place(target)?.id;
        let other = self.scopes.place(other).map(|scope| scope.id);
        (other != Some(place)).then_some(place)
    }

    /// Sends a request to a scope, unless one is on its way there. False if there is no such scope.
    pub(super) fn raise_to(&mut self, scope: u64, raised: Raised) -> bool {
        let Some(entry) = self.scopes.get_mut(scope) else {
            return false;
        };
        if entry.raised.is_none() {
            entry.raised = Some(raised);
            if entry.waiting.is_none() {
                self.raised_to.push(scope);
            }
        }
        true
    }

    /// Whether a request waits for the next step.
    fn waits_for_a_step(&self) -> bool {
        let new = |&scope: &u64| {
            let raised = self.scopes.get(scope)?.raised.as_ref();
            raised.map(|raised| raised.offered == 0)
        };
        self.mark.is_some() || self.raised_to.iter().any(|scope| new(scope) == Some(true))
    }
}

impl EventLoop {
    /// A request of the code that runs now.
    pub(crate) fn request(
        &self,
        reason: CancelReason,
        message: Option<&str>,
        at: &'static Location<'static>,
    ) -> Cancelled {
        let by = self.current_name();
        Cancelled::new(reason, message, by, at)
    }

    /// Asks the task at `index`, whose handle is the caller, to cancel. Returns whether it has not ended yet.
    pub(crate) fn cancel(&self, index: u32, request: &Cancelled) -> bool {
        self.cancel_at(index, Target::Innermost, request)
    }

    /// Ends the task at `index`, whose handle is the caller, at its next turn, whatever it may catch.
    pub(crate) fn abort(&self, index: u32, request: &Cancelled) -> bool {
        self.cancel_at(index, Target::Task, request)
    }

    /// Asks the task that runs, as `cancel`.
    pub(crate) fn cancel_task(&self, task: TaskRef, target: Target, request: &Cancelled) -> bool {
        match self.live_cell(task) {
            Some(_) => self.cancel_at(task.index(), target, request),
            None => false,
        }
    }

    fn cancel_at(&self, index: u32, target: Target, request: &Cancelled) -> bool {
        let (slot, cell) = self.held_slot(index);
        if cell.is_finished() {
            return false;
        }
        cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            cancelling.requests = cancelling.requests.saturating_add(1);
            if let Target::Within(scope) = target {
                cancelling.asks += 1;
                if let Some(scope) = cancelling.scopes.get_mut(scope) {
                    scope.asked = true;
                }
            }
        });
        self.tell_asked(TaskId(cell.number), request, target == Target::Task, false);
        self.pass_on(index, slot, cell, target, request);
        true
    }

    /// Passes a request on to what the task awaits, and so on, or marks it.
    pub(super) fn pass_on(
        &self,
        index: u32,
        slot: &Slot,
        cell: CellPointer,
        target: Target,
        request: &Cancelled,
    ) {
        let mut members = Vec::new();
        self.ask(index, slot, cell, target, request, &mut members);
        // Each task is asked by the one that awaits it; in a ring of tasks that await each other that would not end.
        let mut left = self.tasks.unfinished.get();
        while let Some(index) = members.pop() {
            let (slot, cell) = self.held_slot(index);
            if cell.is_finished() {
                continue;
            }
            cell.with_extra(|extra| {
                let requests = &mut extra.cancel.requests;
                *requests = requests.saturating_add(1);
            });
            left = left.saturating_sub(1);
            self.tell_asked(TaskId(cell.number), request, false, true);
            let target = Target::Innermost;
            if left == 0 {
                self.mark(index, cell, target, request);
            } else {
                self.ask(index, slot, cell, target, request, &mut members);
            }
        }
    }

    /// Says whose turn it is to be asked, instead of a task that awaits them: appends them, the first one last. Marks the
    /// task if it awaits nobody who takes the request.
    fn ask(
        &self,
        index: u32,
        slot: &Slot,
        cell: CellPointer,
        target: Target,
        request: &Cancelled,
        members: &mut Vec<u32>,
    ) {
        let task = TaskRef::new(index, slot.generation());
        match self.awaited(task, slot, cell, target) {
            Awaited::Nothing => self.mark(index, cell, target, request),
            Awaited::Task(child) => {
                let child_cell = self.held(child);
                child_cell.set_flag(flag::FROM_JOINER);
                self.list_waiter(child_cell);
                child_cell.with_extra(|extra| {
                    let joiners = &mut extra.cancel.joiners;
                    if joiners.len() == joiners.capacity() {
                        joiners.sort_unstable();
                        joiners.dedup();
                        joiners.reserve(joiners.len() + 1);
                    }
                    joiners.push(task);
                });
                members.push(child);
            }
            Awaited::Aggregate(aggregate) => {
                let before = members.len();
                let aggregate = aggregate.upgrade();
                let taken = aggregate
                    .as_ref()
                    .is_some_and(|aggregate| aggregate.cancel(self, task, request, members));
                members[before..].reverse();
                match aggregate {
                    _ if taken => {}
                    // Its end wakes the task.
                    Some(aggregate) if aggregate.is_ending() => {
                        self.set_mark(
                            cell,
                            target,
                            request,
                            false,
                            Some(Rc::downgrade(&aggregate)),
                        );
                    }
                    _ => self.mark(index, cell, target, request),
                }
            }
        }
    }

    fn awaited(&self, task: TaskRef, slot: &Slot, cell: CellPointer, target: Target) -> Awaited {
        if cell.state.get() != State::Pending || target == Target::Task {
            return Awaited::Nothing;
        }
        let (link, aggregate) = cell
            .with_extra_if_any(|extra| {
                let cancelling = &extra.cancel;
                match cancelling.scopes.place(target) {
                    Some(scope) => (scope.link, scope.aggregate()),
                    None => (slot.link.get(), cancelling.aggregate.clone()),
                }
            })
            .unwrap_or((slot.link.get(), None));
        match (link, aggregate) {
            (NO_SLOT, _) => Awaited::Nothing,
            (AGGREGATE, Some(aggregate)) => Awaited::Aggregate(aggregate),
            (AGGREGATE, None) => Awaited::Nothing,
            (child, _) if self.is_awaited_by(child, task) => Awaited::Task(child),
            _ => Awaited::Nothing,
        }
    }

    /// Whether the task at `child` has not ended, and will wake this one when it does.
    fn is_awaited_by(&self, child: u32, task: TaskRef) -> bool {
        let child = self.tasks.slot(child).and_then(|slot| slot.cell.get());
        child.is_some_and(|child| !child.is_finished() && self.tells(child, Waiter::Task(task)))
    }

    /// Lets the next step of the task deliver a request.
    pub(super) fn mark(&self, index: u32, cell: CellPointer, target: Target, request: &Cancelled) {
        let waits = cell.state.get() == State::Pending && !self.is_queued(index);
        let raised = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            let Some(known) = &cancelling.mark else {
                return false;
            };
            match cancelling.elsewhere(target, known.target) {
                Some(scope) => cancelling.raise_to(scope, Raised::new(request.clone(), target)),
                None => false,
            }
        });
        if raised {
            cell.set_flag(flag::RAISED);
        } else {
            self.set_mark(cell, target, request, waits, None);
        }
        // A task that runs is looked at after its step.
        if cell.state.get() == State::Pending {
            self.queue(index);
        }
    }

    fn set_mark(
        &self,
        cell: CellPointer,
        target: Target,
        request: &Cancelled,
        waits: bool,
        until: Option<Weak<dyn Aggregate>>,
    ) {
        cell.set_flag(flag::CANCEL);
        cell.with_extra(|extra| {
            let mark = &mut extra.cancel.mark;
            let (target, request, waited) = match mark {
                // An abort stays one.
                Some(mark) if mark.target == Target::Task => (Target::Task, request, waits),
                // The first request has cancelled what the task waits for: as in asyncio it is the one that arrives.
                Some(mark) if mark.waited && target != Target::Task => {
                    (target, &mark.request, true)
                }
                _ => (target, request, waits),
            };
            *mark = Some(Mark {
                request: request.clone(),
                target,
                waited,
                until,
            });
        });
    }

    /// Ends the task that runs at the end of its step, with this error, if the step does not end it otherwise.
    pub(crate) fn fail_current(
        &self,
        error: impl FnOnce(String, &'static Location<'static>) -> JoinError,
    ) {
        if let Some((_, cell)) = self.current_cell() {
            let error = error(cell.name(), cell.spawned_at);
            cell.set_flag(flag::RAISED);
            let before = cell.with_extra(|extra| extra.cancel.failure.replace(error));
            drop(before);
        }
    }

    /// The name of the task that runs.
    pub(crate) fn current_name(&self) -> Option<String> {
        self.current_cell().map(|(_, cell)| cell.name())
    }

    /// The task at `index`, whose handle is the caller.
    pub(crate) fn task_ref(&self, index: u32) -> TaskRef {
        TaskRef::new(index, self.held_slot(index).0.generation())
    }

    /// Lets an aggregate be told of the end of its member behind what is ready.
    pub(crate) fn queue_member(&self, aggregate: Rc<dyn Aggregate>, member: u32) {
        let key = self.callbacks.insert(Callback::Member(aggregate, member));
        self.queue_callback(key);
    }

    /// By which request a task has ended that was asked by those who await it, and who they are, sorted.
    pub(super) fn passed_back(&self, cell: CellPointer) -> Option<(Cancelled, Vec<TaskRef>)> {
        cell.with_extra(|extra| {
            let request = extra.error.as_ref()?.cancelled()?.clone();
            let mut joiners = std::mem::take(&mut extra.cancel.joiners);
            joiners.sort_unstable();
            Some((request, joiners))
        })
    }

    /// An aggregate that took a request of the task that awaits it is complete: the task is marked.
    pub(crate) fn cancel_awaiting(&self, task: TaskRef, request: &Cancelled, aggregate: *const ()) {
        self.mark_awaiting(task, request, AGGREGATE, Some(aggregate));
    }

    /// Marks a task that waits, for the innermost of its scopes whose link is such.
    pub(super) fn mark_awaiting(
        &self,
        task: TaskRef,
        request: &Cancelled,
        link: u32,
        aggregate: Option<*const ()>,
    ) {
        let Some(cell) = self.live_cell(task) else {
            return;
        };
        if cell.state.get() != State::Pending {
            return;
        }
        let target = cell.with_extra(|extra| {
            let cancelling = &extra.cancel;
            let scopes = &cancelling.scopes;
            let awaits = |scope: &&Entry| {
                scope.link == link && aggregate.is_none_or(|it| scope.awaits_aggregate(it))
            };
            let target = match scopes.iter().rfind(awaits) {
                Some(scope) => Target::Within(scope.id),
                None if scopes.is_empty() => Target::Innermost,
                None => Target::Task,
            };
            match &cancelling.mark {
                Some(mark) => cancelling.elsewhere(target, mark.target).map(|_| target),
                None => Some(target),
            }
        });
        if let Some(target) = target {
            self.mark(task.index(), cell, target, request);
        }
    }

    /// How many requests the task at `index` has.
    pub(crate) fn cancel_requests(&self, index: u32) -> u32 {
        self.held(index)
            .with_extra_if_any(|extra| extra.cancel.requests)
            .unwrap_or(0)
    }

    /// Takes a request back, and returns how many are left. With the last one goes a mark that was not delivered.
    pub(crate) fn uncancel(&self, index: u32) -> u32 {
        let cell = self.held(index);
        let left = cell
            .with_extra_if_any(|extra| {
                let cancelling = &mut extra.cancel;
                cancelling.requests = cancelling.requests.saturating_sub(1);
                cancelling.requests
            })
            .unwrap_or(0);
        if left == 0 {
            self.unmark(cell, |target| target != Target::Task);
        }
        left
    }

    /// Takes back what was not delivered and is for such a target.
    pub(super) fn unmark(&self, cell: CellPointer, taken_back: impl Fn(Target) -> bool) {
        if !cell.has_flag(flag::CANCEL) {
            return;
        }
        let more = cell.with_extra(|extra| {
            let cancelling = &mut extra.cancel;
            let mark = &mut cancelling.mark;
            let before = mark.take_if(|mark| taken_back(mark.target));
            drop(before);
            for &scope in &cancelling.raised_to {
                if let Some(entry) = cancelling.scopes.get_mut(scope) {
                    let raised = &mut entry.raised;
                    raised.take_if(|raised| raised.offered == 0 && taken_back(raised.target));
                }
            }
            cancelling.waits_for_a_step()
        });
        if !more {
            cell.clear_flag(flag::CANCEL);
        }
    }

    /// Notes that the task that runs, if this is its waker, awaits an aggregate, which a cancel is passed on to.
    pub(crate) fn await_aggregate(&self, waker: &Waker, aggregate: Weak<dyn Aggregate>) {
        if let Some((task, cell)) = self.current_cell()
            && waker::task_of(waker, self.waker_base) == Some(task)
        {
            self.tasks.awaits.set(AGGREGATE);
            cell.with_extra(|extra| extra.cancel.aggregate = Some(aggregate));
        }
    }

    /// Takes what the task that runs has begun to await in this step, to be given to `set_link` again: what is polled in
    /// between is not passed a cancel.
    pub(crate) fn take_link(&self) -> u32 {
        self.tasks.awaits.replace(NO_SLOT)
    }

    /// The task that runs, and the one that it has begun to await, as far as is known since `take_link`, outside of scopes
    /// that were entered since.
    pub(crate) fn awaited_directly(&self) -> Option<(TaskRef, u32)> {
        let link = self.tasks.awaits.get();
        let (task, cell) = self.current_cell()?;
        let in_scope = || {
            cell.with_extra_if_any(|extra| {
                let scopes = &extra.cancel.scopes;
                scopes.iter().any(|scope| scope.link == link).then_some(())
            })
        };
        let is_task = link != NO_SLOT && link != AGGREGATE;
        (is_task && in_scope().flatten().is_none()).then_some((task, link))
    }

    pub(crate) fn set_link(&self, link: u32) {
        self.tasks.awaits.set(link);
    }

    /// Whether a task that waits is marked, so that its next step brings it a cancel.
    pub(super) fn is_to_be_cancelled(&self, task: TaskRef) -> bool {
        self.live_cell(task)
            .is_some_and(|cell| cell.state.get() == State::Pending && cell.has_flag(flag::CANCEL))
    }

    /// The task that runs, and its cell.
    pub(super) fn current_cell(&self) -> Option<(TaskRef, CellPointer)> {
        let task = self.tasks.current.get();
        let cell = self.live_cell(task)?;
        (cell.state.get() == State::Running).then_some((task, cell))
    }

    /// The task that runs.
    pub(crate) fn current_ref(&self) -> Option<TaskRef> {
        self.current_cell().map(|(task, _)| task)
    }

    /// Whether a task has not ended.
    pub(super) fn is_alive(&self, task: TaskRef) -> bool {
        self.live_cell(task).is_some()
    }

    /// The cell of a task that has not ended.
    pub(super) fn live_cell(&self, task: TaskRef) -> Option<CellPointer> {
        let slot = self.tasks.slot(task.index())?;
        let cell = slot.cell.get()?;
        (slot.generation() == task.generation() && !cell.is_finished()).then_some(cell)
    }
}
