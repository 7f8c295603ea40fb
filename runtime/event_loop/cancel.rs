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
use super::cell::{CellPointer, State, flag, quietly};
use super::ready_queue::Entry;
use super::scope::Entry as ScopeEntry;
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
    /// The request to be delivered at the next step, while the cell's `CANCEL` is set.
    mark: Option<Mark>,
    /// A request on its way to this scope, 0 standing for the task, while the cell's `RAISED` is set.
    raised: Option<(u64, Cancelled)>,
    /// What the task is to end with at the end of its step, while the cell's `RAISED` is set.
    failure: Option<JoinError>,
    /// The tasks that await this one and passed a request on to it, while the cell's `FROM_JOINER` is set.
    joiners: Vec<TaskRef>,
    /// The scopes that were entered and not left, oldest first.
    pub(super) scopes: Vec<ScopeEntry>,
    /// The aggregate that the task awaits, while its link says `AGGREGATE`.
    pub(super) aggregate: Option<Weak<dyn Aggregate>>,
}

struct Mark {
    request: Cancelled,
    target: Target,
    /// Whether the task waited for something when it was marked, and was not ready to go on.
    waited: bool,
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
    /// The scope that a request for this target is delivered to; `None` for the task.
    fn scope_for(&self, target: Target) -> Option<&ScopeEntry> {
        match target {
            Target::Task => None,
            Target::Innermost => self.scopes.last(),
            Target::Within(id) => match self.scopes.iter().rposition(|scope| scope.id == id) {
                Some(_) => self.scopes.iter().rfind(|scope| self.lies_in(scope, id)),
                None => self.scopes.last(),
            },
        }
    }

    fn lies_in(&self, scope: &ScopeEntry, id: u64) -> bool {
        let mut at = scope;
        loop {
            if at.id == id {
                return true;
            }
            match self.scopes.iter().find(|outer| outer.id == at.outer) {
                Some(outer) => at = outer,
                None => return false,
            }
        }
    }

    pub(super) fn scope_mut(&mut self, id: u64) -> Option<&mut ScopeEntry> {
        self.scopes.iter_mut().rfind(|scope| scope.id == id)
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
        cell.with_extra(|extra| extra.cancel.requests += 1);
        self.pass_on(index, slot, cell, target, request);
        true
    }

    /// Passes a request on to what the task awaits, and so on, or marks it.
    fn pass_on(
        &self,
        index: u32,
        slot: &Slot,
        cell: CellPointer,
        target: Target,
        request: &Cancelled,
    ) {
        let mut members = Vec::new();
        if !self.pass_down(index, slot, cell, target, request, &mut members) {
            return self.mark(index, cell, target, request);
        }
        // Each task is asked by the one that awaits it; in a ring of tasks that await each other that would not end.
        let mut left = self.tasks.unfinished.get();
        while let Some(index) = members.pop() {
            let (slot, cell) = self.held_slot(index);
            if cell.is_finished() {
                continue;
            }
            cell.with_extra(|extra| extra.cancel.requests += 1);
            left = left.saturating_sub(1);
            let target = Target::Innermost;
            if left == 0 || !self.pass_down(index, slot, cell, target, request, &mut members) {
                self.mark(index, cell, target, request);
            }
        }
    }

    /// Says whose turn it is to be asked, instead of a task that awaits them: appends them, the first one last.
    fn pass_down(
        &self,
        index: u32,
        slot: &Slot,
        cell: CellPointer,
        target: Target,
        request: &Cancelled,
        members: &mut Vec<u32>,
    ) -> bool {
        let task = TaskRef::new(index, slot.generation());
        match self.awaited(task, slot, cell, target) {
            Awaited::Nothing => false,
            Awaited::Task(child) => {
                let child_cell = self.held(child);
                child_cell.set_flag(flag::FROM_JOINER);
                child_cell.with_extra(|extra| {
                    let joiners = &mut extra.cancel.joiners;
                    if !joiners.contains(&task) {
                        joiners.push(task);
                    }
                });
                members.push(child);
                true
            }
            Awaited::Aggregate(aggregate) => {
                let before = members.len();
                let taken = aggregate
                    .upgrade()
                    .is_some_and(|aggregate| aggregate.cancel(self, task, request, members));
                members[before..].reverse();
                taken
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
                match cancelling.scope_for(target) {
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
        cell.set_flag(flag::CANCEL);
        let waits = cell.state.get() == State::Pending && !self.is_queued(index);
        let before = cell.with_extra(|extra| {
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
            let request = request.clone();
            mark.replace(Mark {
                request,
                target,
                waited,
            })
        });
        drop(before);
        // A task that runs is looked at after its step.
        if cell.state.get() == State::Pending {
            self.queue(index);
        }
    }

    /// Delivers the request that a task is marked with: ends the task, or lets the poll that follows find it at its scope.
    /// Returns whether the task has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn deliver_cancel(&self, cell: CellPointer) -> bool {
        cell.clear_flag(flag::CANCEL);
        let Some(mark) = cell.with_extra(|extra| extra.cancel.mark.take()) else {
            return false;
        };
        let scope = cell.with_extra(|extra| {
            let scope = extra.cancel.scope_for(mark.target)?;
            Some((scope.id, scope.waker()))
        });
        match scope {
            None => {
                self.end_cancelled(cell, mark.request);
                true
            }
            Some((scope, waker)) => {
                self.raise_to(cell, scope, mark.request);
                // The scope is polled by somebody's own set of futures, which polls who was woken.
                if let Some(waker) = waker {
                    quietly(|| waker.wake_by_ref());
                }
                false
            }
        }
    }

    fn end_cancelled(&self, cell: CellPointer, request: Cancelled) {
        cell.drop_future(JoinError::of_cancelled(
            request,
            cell.name(),
            cell.spawned_at,
        ));
    }

    /// Sends a request to a scope, 0 standing for the task, which takes it when it is polled.
    fn raise_to(&self, cell: CellPointer, scope: u64, request: Cancelled) {
        cell.set_flag(flag::RAISED);
        let before = cell.with_extra(|extra| extra.cancel.raised.replace((scope, request)));
        drop(before);
    }

    /// Sends a request outwards from the code that runs: to the scope around it, or to the task.
    /// Returns whether a task runs.
    pub(crate) fn raise(&self, request: &Cancelled) -> bool {
        let Some((_, cell)) = self.current_cell() else {
            return false;
        };
        self.raise_to(cell, self.tasks.scope.get(), request.clone());
        true
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
        self.ready.push(Entry::Callback(key));
    }

    /// Takes the request that is on its way to this scope of the task that runs.
    #[inline]
    pub(super) fn take_raised(&self, cell: CellPointer, scope: u64) -> Option<Cancelled> {
        if !cell.has_flag(flag::RAISED) {
            return None;
        }
        let raised = cell.with_extra(|extra| {
            let raised = &mut extra.cancel.raised;
            raised.take_if(|(id, _)| *id == scope)
        });
        raised.map(|(_, request)| {
            cell.clear_flag(flag::RAISED);
            request
        })
    }

    /// What there is to do after the step of a task that was marked in it, or in which a request was raised.
    /// Returns whether the task has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn cancel_after_step(&self, task: TaskRef, cell: CellPointer, ended: bool) -> bool {
        let failure = cell.with_extra(|extra| extra.cancel.failure.take());
        if let (false, Some(error)) = (ended, failure) {
            cell.drop_future(error);
            return true;
        }
        let raised = self.take_raised(cell, 0);
        match (ended, raised) {
            (false, Some(request)) => {
                self.end_cancelled(cell, request);
                return true;
            }
            (true, None) if !cell.has_flag(flag::CANCEL) => return true,
            _ => {}
        }
        if !cell.has_flag(flag::CANCEL) {
            return ended;
        }
        let Some(mark) = cell.with_extra(|extra| extra.cancel.mark.take()) else {
            return ended;
        };
        cell.clear_flag(flag::CANCEL);
        if !ended {
            // As in asyncio, what the task has begun to await meanwhile is cancelled in its place.
            let (slot, _) = self.held_slot(task.index());
            self.pass_on(task.index(), slot, cell, mark.target, &mark.request);
        } else if cell.state.get() == State::Done {
            let error = JoinError::of_cancelled(mark.request, cell.name(), cell.spawned_at);
            cell.replace_output(error);
        }
        ended
    }

    /// A task that was asked by the one that awaits it has ended: if by the cancel, that one is marked too.
    #[cold]
    #[inline(never)]
    pub(super) fn cancel_joiner(&self, joiner: TaskRef, index: u32, cell: CellPointer) {
        if let Some((request, joiners)) = self.passed_back(cell)
            && joiners.contains(&joiner)
        {
            self.mark_awaiting(joiner, &request, index);
        }
    }

    /// By which request a task has ended that was asked by those who await it, and who they are.
    pub(super) fn passed_back(&self, cell: CellPointer) -> Option<(Cancelled, Vec<TaskRef>)> {
        cell.with_extra(|extra| {
            let request = extra.error.as_ref()?.cancelled()?.clone();
            Some((request, std::mem::take(&mut extra.cancel.joiners)))
        })
    }

    /// An aggregate that took a request of the task that awaits it is complete: the task is marked.
    pub(crate) fn cancel_awaiting(&self, task: TaskRef, request: &Cancelled) {
        self.mark_awaiting(task, request, AGGREGATE);
    }

    /// Marks a task that waits, for the innermost of its scopes whose link is such.
    pub(super) fn mark_awaiting(&self, task: TaskRef, request: &Cancelled, link: u32) {
        let Some(cell) = self.live_cell(task) else {
            return;
        };
        if cell.state.get() != State::Pending || cell.has_flag(flag::CANCEL) {
            return;
        }
        let target = cell.with_extra(|extra| {
            let scopes = &extra.cancel.scopes;
            match scopes.iter().rfind(|scope| scope.link == link) {
                Some(scope) => Target::Within(scope.id),
                None if scopes.is_empty() => Target::Innermost,
                None => Target::Task,
            }
        });
        self.mark(task.index(), cell, target, request);
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
        if left == 0 && cell.has_flag(flag::CANCEL) {
            let mark = cell.with_extra(|extra| {
                let mark = &mut extra.cancel.mark;
                mark.take_if(|mark| mark.target != Target::Task)
            });
            if mark.is_some() {
                cell.clear_flag(flag::CANCEL);
            }
        }
        left
    }

    /// Notes that the task that runs, if this is its waker, awaits an aggregate, which a cancel is passed on to.
    pub(crate) fn await_aggregate(&self, waker: &Waker, aggregate: Weak<dyn Aggregate>) {
        if let Some((task, cell)) = self.current_cell()
            && waker::task_of(waker, self.short) == Some(task)
        {
            self.tasks.awaits.set(AGGREGATE);
            cell.with_extra(|extra| extra.cancel.aggregate = Some(aggregate));
        }
    }

    /// What the task that runs has begun to await in this step, to be given to `set_link` again: what is polled in
    /// between is not passed a cancel.
    pub(crate) fn link(&self) -> u32 {
        self.tasks.awaits.get()
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
