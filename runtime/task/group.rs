//! `TaskGroup`: tasks that end before the code that spawned them goes on, as asyncio's.
//!
//! ```text
//!            body ends                      the last member ends
//!   BODY ───────────────▶ waits for members ─────────────────────▶ value, or errors
//!     │ a member fails, or a cancel arrives      ▲
//!     └──▶ ABORTING: members and body are cancelled ┘
//! ```
//! As for a gather, a member's end first queues a callback; that one completes the group, which then wakes its owner.

use super::cancel::catch_in;
use super::join::{JoinHandle, spawn_at};
use crate::error::{CancelReason, Cancelled, JoinError};
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::cancel::Target;
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::scope::ScopeKey;
use crate::event_loop::waits::{located, note_members};
use crate::event_loop::waker::{TaskRef, TaskWaker};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// Runs a body that may spawn tasks into a group, and waits for all of them, as asyncio's `async with TaskGroup()`.
///
/// The first member that fails (returns an error or panics) cancels the others and the body; the group then waits until all have ended,
/// however often it is cancelled meanwhile. Members that end cancelled do not count as failed.
///
/// # Errors
/// [`GroupError`] with the errors of the members in the order in which they failed, and that of the body last. It is
/// empty if nothing failed and [`TaskGroup::cancel`] cut the body short. [`MemberError`] tells errors from panics, and
/// [`GroupError::split`] parts them.
///
/// # Panics
/// Outside of a task.
///
/// # Cancellation
/// A cancel of the task cancels the body and the members, and goes on when all have ended, unless a member failed: then
/// the errors come first and the cancel at the next wait. Dropping it cancels the members.
///
/// # Examples
/// ```
/// use roundelay::task_group;
/// # roundelay::run(async {
/// let sum = task_group(async |group| {
///     let one = group.spawn(async { "1".parse::<i32>() });
///     let two = group.spawn(async { "2".parse::<i32>() });
///     Ok(one.await.unwrap() + two.await.unwrap())
/// });
/// assert_eq!(sum.await.unwrap(), 3);
///
/// let outcome = task_group(async |group| {
///     group.spawn(async { "x".parse::<i32>() });
///     Ok(std::future::pending::<()>().await)
/// });
/// assert_eq!(outcome.await.unwrap_err().errors().len(), 1);
/// # });
/// ```
#[track_caller]
#[doc(alias = "TaskGroup")]
pub fn task_group<T, E: 'static>(
    body: impl AsyncFnOnce(&TaskGroup<E>) -> Result<T, E>,
) -> impl Future<Output = Result<T, GroupError<E>>> {
    located(run(body, Location::caller()))
}

async fn run<T, E: 'static>(
    body: impl AsyncFnOnce(&TaskGroup<E>) -> Result<T, E>,
    called_at: &'static Location<'static>,
) -> Result<T, GroupError<E>> {
    let runtime = with_running(|event_loop| event_loop.current_ref().map(|_| event_loop.serial));
    let Some(runtime) = runtime.flatten() else {
        panic!(
            "a task group belongs to a task, which it cancels when a member fails: spawn the code, or run it"
        );
    };
    let group = TaskGroup(Rc::new(Group::new(runtime, called_at)));
    let _end = End(&group.0);
    let enter = |scope| group.0.owner.set(Some(scope));
    let result = catch_in(enter, body(&group)).await;
    group.0.finish(result).await
}

/// The members of a running [`task_group`]. A clone is the same group, for members that spawn others.
pub struct TaskGroup<E: 'static>(Rc<Group<E>>);

struct Group<E> {
    /// The serial number of the runtime that owner and members belong to.
    runtime: u64,
    called_at: &'static Location<'static>,
    /// The task that runs the body, and the scope that takes the group's cancel: the body's, later that of the waiting
    /// at the end.
    owner: Cell<Option<ScopeKey>>,
    /// The members that have not ended, as far as their callbacks have run, by number.
    members: RefCell<BTreeMap<u32, TaskRef>>,
    next_member: Cell<u32>,
    /// What the members failed by whose callbacks are still to run.
    failing: RefCell<BTreeMap<u32, MemberError<E>>>,
    errors: RefCell<Vec<MemberError<E>>>,
    stage: Cell<Stage>,
    /// Whether the members were cancelled, so that no more are accepted.
    aborting: Cell<bool>,
    /// The scope for whose sake the group has asked its owner to cancel.
    owner_asked: Cell<Option<ScopeKey>>,
    /// Set when the last member has ended.
    completed: Cell<bool>,
    waker: RefCell<Option<TaskWaker>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Body,
    Waiting,
    Over,
}

impl<E: 'static> TaskGroup<E> {
    /// Spawns a member. Its error, or its panic, goes to the group, and its handle then only says that it failed.
    ///
    /// A group whose members are being cancelled, or that is over, refuses: the future is dropped, and awaiting the
    /// handle gives an error. See [`try_spawn`](TaskGroup::try_spawn).
    #[track_caller]
    #[doc(alias = "create_task")]
    pub fn spawn<F, U>(&self, future: F) -> JoinHandle<U>
    where
        F: Future<Output = Result<U, E>> + 'static,
        U: 'static,
    {
        let at = Location::caller();
        match self.spawn_at(future, at) {
            Ok(handle) => handle,
            Err(_) => JoinHandle::refused(at),
        }
    }

    /// Spawns a member, or says that the group accepts none.
    ///
    /// # Errors
    /// [`GroupClosed`] if its members are being cancelled or it is over. The future is dropped.
    #[track_caller]
    pub fn try_spawn<F, U>(&self, future: F) -> Result<JoinHandle<U>, GroupClosed>
    where
        F: Future<Output = Result<U, E>> + 'static,
        U: 'static,
    {
        self.spawn_at(future, Location::caller())
    }

    fn spawn_at<F, U>(
        &self,
        future: F,
        at: &'static Location<'static>,
    ) -> Result<JoinHandle<U>, GroupClosed>
    where
        F: Future<Output = Result<U, E>> + 'static,
        U: 'static,
    {
        let group = &self.0;
        let over = match group.stage.get() {
            Stage::Body => false,
            Stage::Waiting => group.members.borrow().is_empty(),
            Stage::Over => true,
        };
        // Code of another runtime cannot be a member.
        let here = with_running(|event_loop| event_loop.serial == group.runtime);
        if over || group.aborting.get() || here == Some(false) {
            return Err(GroupClosed(()));
        }
        let number = group.next_member.replace(group.next_member.get() + 1);
        let member = Member {
            group: Rc::clone(group),
            number,
            spawned_at: at,
            told: false,
        };
        let handle = spawn_at(run_member(member, future), at);
        if let Some(task) = handle.task_ref() {
            group.members.borrow_mut().insert(number, task);
        }
        Ok(handle)
    }

    /// Cancels the members and the body, quietly, as 3.15's `cancel`: it is no error of the group. Twice is once.
    #[track_caller]
    pub fn cancel(&self) {
        let group = &self.0;
        if group.stage.get() != Stage::Over && !group.aborting.get() {
            group.abort(Location::caller());
            group.ask_owner(Location::caller());
        }
    }

    /// Returns how many members have not ended.
    pub fn len(&self) -> usize {
        self.0.members.borrow().len()
    }

    /// Returns whether all members have ended.
    pub fn is_empty(&self) -> bool {
        self.0.members.borrow().is_empty()
    }
}

impl<E: 'static> Clone for TaskGroup<E> {
    fn clone(&self) -> Self {
        TaskGroup(Rc::clone(&self.0))
    }
}

impl<E: 'static> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskGroup({} members)", self.len())
    }
}

impl<E: 'static> Group<E> {
    fn new(runtime: u64, called_at: &'static Location<'static>) -> Self {
        Group {
            runtime,
            called_at,
            owner: Cell::new(None),
            members: RefCell::new(BTreeMap::new()),
            next_member: Cell::new(0),
            failing: RefCell::new(BTreeMap::new()),
            errors: RefCell::new(Vec::new()),
            stage: Cell::new(Stage::Body),
            aborting: Cell::new(false),
            owner_asked: Cell::new(None),
            completed: Cell::new(false),
            waker: RefCell::new(None),
        }
    }

    /// The end of asyncio's `async with`: waits for the members, and says how it went.
    async fn finish<T>(
        self: &Rc<Self>,
        body: Result<Result<T, E>, Cancelled>,
    ) -> Result<T, GroupError<E>> {
        self.stage.set(Stage::Waiting);
        let failed = !matches!(body, Ok(Ok(_)));
        if failed && !self.aborting.get() {
            self.abort(self.called_at);
        }
        let (mut value, mut error, mut cancelled) = match body {
            Ok(Ok(value)) => (Some(value), None, None),
            Ok(Err(error)) => (None, Some(error), None),
            Err(cancelled) => (None, None, Some(cancelled)),
        };
        while !self.members.borrow().is_empty() {
            let enter = |scope| self.owner.set(Some(scope));
            self.completed.set(false);
            let completed = std::future::poll_fn(|cx| {
                let polled = self.poll_completed(cx);
                if polled.is_pending() {
                    let members = self.members.borrow();
                    note_members(members.len(), || members.values().copied().collect());
                }
                polled
            });
            let waited = catch_in(enter, completed).await;
            if let Err(request) = waited
                && !self.aborting.get()
            {
                cancelled = Some(request);
                self.abort(self.called_at);
            }
        }
        self.stage.set(Stage::Over);
        if self.take_back() {
            cancelled = None;
        }
        let mut errors = self.errors.take();
        if errors.is_empty()
            && let Some(cancelled) = cancelled
        {
            cancelled.resume().await;
        }
        errors.extend(error.take().map(MemberError::Failed));
        match value.take() {
            Some(value) if errors.is_empty() => Ok(value),
            _ => {
                self.renew_cancel(!errors.is_empty());
                Err(GroupError(errors))
            }
        }
    }

    /// A cancel from outside that gave way to errors is asked for once more, for the next wait; the count stays.
    fn renew_cancel(&self, gave_way: bool) {
        with_running(|event_loop| {
            let task = event_loop.current_ref()?;
            if gave_way && event_loop.requests_here(task) > 0 {
                event_loop.uncancel(task.index());
                let request = event_loop.request(CancelReason::Group, None, self.called_at);
                event_loop.cancel_task(task, Target::Innermost, &request);
            }
            Some(())
        });
    }

    /// Waits until the last member has ended.
    fn poll_completed(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.completed.get() {
            return Poll::Ready(());
        }
        let before = self.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        Poll::Pending
    }

    /// Cancels the members, in the order of their creation (asyncio leaves it open).
    fn abort(&self, at: &'static Location<'static>) {
        self.aborting.set(true);
        let mut members: Vec<TaskRef> = self.members.borrow().values().copied().collect();
        with_loop(self.runtime, |event_loop| {
            let request = event_loop.request(CancelReason::Group, None, at);
            event_loop.permute(&mut members);
            for member in members {
                event_loop.cancel_task(member, Target::Innermost, &request);
            }
        });
    }

    /// Takes back what was asked of the owner. Returns whether something was, and nobody else has asked it to cancel.
    fn take_back(&self) -> bool {
        let asked = self.owner_asked.take();
        asked.is_some_and(|scope| {
            let ours =
                scope.with_loop(|event_loop| event_loop.take_back_for(scope.task, scope.id, 0));
            ours.unwrap_or(false)
        })
    }

    /// Asks the owner to cancel, once.
    fn ask_owner(&self, at: &'static Location<'static>) {
        if let Some(scope) = self.owner.get()
            && self.owner_asked.get().is_none()
        {
            self.owner_asked.set(Some(scope));
            scope.with_loop(|event_loop| {
                let request = event_loop.request(CancelReason::Group, None, at);
                event_loop.cancel_task(scope.task, Target::Within(scope.id), &request);
            });
        }
    }
}

impl<E: 'static> Aggregate for Group<E> {
    /// asyncio's `_on_task_done`.
    fn member_finished(&self, member: u32) {
        self.members.borrow_mut().remove(&member);
        if self.members.borrow().is_empty() {
            self.completed.set(true);
            let waker = self.waker.take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        let error = self.failing.borrow_mut().remove(&member);
        let Some(error) = error else {
            return;
        };
        self.errors.borrow_mut().push(error);
        if !self.aborting.get()
            && self.owner_asked.get().is_none()
            && self.stage.get() != Stage::Over
        {
            self.abort(self.called_at);
            self.ask_owner(self.called_at);
        }
    }
}

/// However the group is left: its members do not outlive it unasked.
struct End<'a, E: 'static>(&'a Rc<Group<E>>);

impl<E: 'static> Drop for End<'_, E> {
    fn drop(&mut self) {
        if self.0.stage.replace(Stage::Over) != Stage::Over {
            self.0.abort(self.0.called_at);
            self.0.take_back();
        }
        let waker = self.0.waker.take();
        drop(waker);
    }
}

/// A member as its own task knows it. Tells the group of the end, also when it is dropped.
struct Member<E: 'static> {
    group: Rc<Group<E>>,
    number: u32,
    spawned_at: &'static Location<'static>,
    told: bool,
}

impl<E: 'static> Member<E> {
    /// Lets the group's callback stand before whoever joins the task.
    fn tell(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            let group: Rc<dyn Aggregate> = Rc::clone(&self.group) as _;
            let number = self.number;
            with_running(|event_loop| event_loop.queue_member(group, number));
        }
    }

    fn fail(&mut self, error: MemberError<E>) {
        let failing = &self.group.failing;
        failing.borrow_mut().insert(self.number, error);
        self.tell();
        with_running(|event_loop| event_loop.fail_current(JoinError::in_group));
    }
}

impl<E: 'static> Drop for Member<E> {
    fn drop(&mut self) {
        self.tell();
    }
}

async fn run_member<F, U, E>(mut member: Member<E>, future: F) -> U
where
    F: Future<Output = Result<U, E>>,
    E: 'static,
{
    // It goes before `member`, which tells of the end.
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(polled) => match ready!(polled) {
                Ok(value) => {
                    member.tell();
                    return Poll::Ready(value);
                }
                Err(error) => member.fail(MemberError::Failed(error)),
            },
            Err(panic) => {
                let name = with_running(|event_loop| event_loop.current_name()).flatten();
                let name = name.unwrap_or_else(|| "a member".to_owned());
                let error = JoinError::panicked(panic, name, member.spawned_at);
                member.fail(MemberError::Panicked(error));
            }
        }
        // The task ends with this step.
        Poll::Pending
    })
    .await
}

/// Why a member of a [`task_group`], or its body, failed.
#[derive(Debug)]
pub enum MemberError<E> {
    /// It returned this error.
    Failed(E),
    /// It panicked.
    Panicked(JoinError),
}

impl<E: fmt::Display> fmt::Display for MemberError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemberError::Failed(error) => error.fmt(f),
            MemberError::Panicked(error) => error.fmt(f),
        }
    }
}

/// Why a [`task_group`] has no value: every error of its members in the order in which they failed, and that of the
/// body last.
#[doc(alias = "ExceptionGroup")]
#[doc(alias = "BaseExceptionGroup")]
#[derive(Debug)]
pub struct GroupError<E>(Vec<MemberError<E>>);

impl<E> GroupError<E> {
    /// Returns the errors. None means that the group was cancelled by [`TaskGroup::cancel`].
    pub fn errors(&self) -> &[MemberError<E>] {
        &self.0
    }

    /// Returns the errors themselves.
    pub fn into_errors(self) -> Vec<MemberError<E>> {
        self.0
    }

    /// Parts the errors into those that match and the rest, as asyncio's `except*`. An empty part is `None`.
    ///
    /// # Examples
    /// ```
    /// use roundelay::{task::MemberError, task_group};
    /// # roundelay::run(async {
    /// let outcome = task_group(async |group| {
    ///     group.spawn(async { Err::<(), _>("out of paper") });
    ///     group.spawn(async { Err::<(), _>("no ink") });
    ///     Ok(())
    /// });
    /// let error = outcome.await.unwrap_err();
    /// let (paper, rest) = error.split(|error| matches!(error, MemberError::Failed("out of paper")));
    /// assert_eq!(paper.unwrap().errors().len(), 1);
    /// assert_eq!(rest.unwrap().to_string(), "a task group failed: no ink");
    /// # });
    /// ```
    #[doc(alias = "except*")]
    pub fn split(
        self,
        matches: impl FnMut(&MemberError<E>) -> bool,
    ) -> (Option<GroupError<E>>, Option<GroupError<E>>) {
        let (yes, no): (Vec<_>, Vec<_>) = self.0.into_iter().partition(matches);
        let some = |part: Vec<_>| (!part.is_empty()).then_some(GroupError(part));
        (some(yes), some(no))
    }
}

impl<E> IntoIterator for GroupError<E> {
    type Item = MemberError<E>;
    type IntoIter = std::vec::IntoIter<MemberError<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the task group was cancelled before its body had ended");
        }
        match self.0.len() {
            1 => f.write_str("a task group failed: ")?,
            count => write!(f, "a task group failed with {count} errors: ")?,
        }
        for (n, error) in self.0.iter().enumerate() {
            let comma = if n > 0 { "; " } else { "" };
            write!(f, "{comma}{error}")?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for GroupError<E> {}

/// A [`task_group`] accepts no more members: its members are being cancelled, or it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupClosed(());

impl fmt::Display for GroupClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the task group accepts no more members: they are being cancelled, or it is over",
        )
    }
}

impl std::error::Error for GroupClosed {}
