//! Spawning a task, and the handle to its end.

use crate::error::{CancelReason, Cancelled, JoinError};
use crate::event_loop::EventLoop;
use crate::event_loop::callbacks::{Aggregate, Callback};
use crate::event_loop::context::{NO_LOOP, with_loop, with_running};
use crate::event_loop::join::Join;
use crate::event_loop::listing::TaskInfo;
use crate::event_loop::observer::TaskId;
use crate::event_loop::waker::TaskRef;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Spawns a task on the loop that runs on this thread, as asyncio's `create_task`.
///
/// Its first step is put behind everything that is ready. The loop owns the task: dropping the handle lets it run
/// on. The future need not be `Send`.
///
/// An error that the task returns is part of its output: where the handle is dropped, it is dropped too, and nobody is told.
/// Only a panic is then [reported](crate::Builder::on_unhandled).
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Cancellation
/// [`JoinHandle::cancel`] drops the future at the task's next turn.
///
/// # Examples
/// ```
/// let name = std::rc::Rc::new("world");
/// let greeting = roundelay::run(async move {
///     let task = roundelay::spawn(async move { format!("hello {name}") });
///     task.await.unwrap()
/// });
/// assert_eq!(greeting, "hello world");
/// ```
#[track_caller]
#[inline]
#[doc(alias = "create_task")]
#[doc(alias = "ensure_future")]
pub fn spawn<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    let spawned_at = Location::caller();
    match with_running(|event_loop| JoinHandle::spawn_on(event_loop, future, spawned_at)) {
        Some(handle) => handle,
        None => panic!("{NO_LOOP}"),
    }
}

/// Spawns a task like [`spawn`], and runs its first step within this call, as asyncio's `create_task(eager_start=True)`.
///
/// A task that ends in its first step never stands in the ready queue, and awaiting it takes no turn. The step runs inside
/// the one that spawns: what that one has borrowed or locked is in its way, and a chain of tasks that spawn each other so
/// is as deep as the stack allows.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let cached = roundelay::spawn_eager(async { 7 });
/// assert!(cached.is_finished());
/// assert_eq!(cached.await.unwrap(), 7);
/// # });
/// ```
#[track_caller]
#[doc(alias = "eager_start")]
pub fn spawn_eager<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    let spawned_at = Location::caller();
    let spawned = with_running(|event_loop| {
        event_loop.eagerly(|| JoinHandle::spawn_on(event_loop, future, spawned_at))
    });
    match spawned {
        Some(handle) => handle,
        None => panic!("{NO_LOOP}"),
    }
}

/// As `spawn`, for a line further up.
pub(super) fn spawn_at<F: Future + 'static>(
    future: F,
    spawned_at: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    match with_running(|event_loop| JoinHandle::spawn_on(event_loop, future, spawned_at)) {
        Some(handle) => handle,
        None => panic!("{NO_LOOP}"),
    }
}

/// Returns the number of the task that runs, or `None` in a callback or outside of a run, as asyncio's
/// `current_task`.
#[doc(alias = "current_task")]
pub fn current() -> Option<TaskId> {
    with_running(EventLoop::current_task).flatten()
}

/// Returns the tasks of the loop that runs on this thread which have not ended, oldest first, as asyncio's `all_tasks`.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Examples
/// ```
/// use roundelay::{run, spawn, task, yield_now};
/// # run(async {
/// let worker = spawn(std::future::pending::<()>());
/// worker.set_name("worker");
/// yield_now().await;
/// let list: Vec<_> = task::tasks().iter().map(|task| task.name().to_owned()).collect();
/// assert_eq!(list, ["Task-1", "worker"]);
/// # });
/// ```
#[track_caller]
#[doc(alias = "all_tasks")]
pub fn tasks() -> Vec<TaskInfo> {
    match with_running(EventLoop::tasks) {
        Some(tasks) => tasks,
        None => panic!("{NO_LOOP}"),
    }
}

/// A task's handle: await it for the task's output.
///
/// It is `Send` whatever the output is: it holds numbers, no pointers, and only the runtime that spawned the task can
/// await it, so that the output never leaves its thread. Awaiting a finished task does not yield. Dropping the handle detaches the task.
///
/// # Errors
/// Awaiting gives a [`JoinError`] if the task panicked or was cancelled, if its runtime ended, if the task awaits
/// itself, or if the handle is awaited on another thread.
pub struct JoinHandle<T>(Join<T>);

impl<T> JoinHandle<T> {
    #[inline(always)]
    pub(crate) fn spawn_on<F>(
        event_loop: &EventLoop,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        JoinHandle(Join::spawn(event_loop, future, spawned_at))
    }

    /// The handle of a task that was refused.
    pub(super) fn refused(spawned_at: &'static Location<'static>) -> Self {
        JoinHandle(Join::refused(spawned_at))
    }

    /// The task as its runtime knows it.
    pub(super) fn task_ref(&self) -> Option<TaskRef> {
        self.0.with(EventLoop::task_ref)
    }

    /// Asks the task to cancel, as asyncio's `cancel`. Returns whether it has not ended yet.
    ///
    /// The request arrives at the task's next step: at its innermost [`catch_cancel`](crate::catch_cancel), or else its
    /// future is dropped, and awaiting it gives [`JoinError::is_cancelled`]. A task that has not begun never runs. If the task awaits another
    /// one, or a gather, the request is passed on to that one first, and arrives here if that one ends by it.
    ///
    /// From another thread the request travels through the loop's inbox, and the answer is true.
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.ask(None, Location::caller(), EventLoop::cancel)
    }

    /// Asks the task to cancel, like [`cancel`](JoinHandle::cancel), with words that whoever is told of it can read.
    #[track_caller]
    pub fn cancel_with(&self, message: &str) -> bool {
        self.ask(Some(message), Location::caller(), EventLoop::cancel)
    }

    /// Ends the task at its next turn: its future is dropped there, never inside this call, and no
    /// [`catch_cancel`](crate::catch_cancel) keeps it from that. Returns whether it has not ended yet.
    #[track_caller]
    pub fn abort(&self) -> bool {
        self.ask(None, Location::caller(), EventLoop::abort)
    }

    fn ask(
        &self,
        message: Option<&str>,
        at: &'static Location<'static>,
        how: fn(&EventLoop, u32, &Cancelled) -> bool,
    ) -> bool {
        let here = self.0.with(|event_loop, index| {
            let request = event_loop.request(CancelReason::Explicit, message, at);
            how(event_loop, index, &request)
        });
        here.unwrap_or_else(|| {
            if self.0.is_taken() {
                return false;
            }
            let request = Cancelled::new(CancelReason::Explicit, message, None, at);
            self.0.post_to_task(move |event_loop, index| {
                how(event_loop, index, &request);
            });
            true
        })
    }

    /// Returns how many requests to cancel were made and not taken back, as asyncio's `cancelling`. 0 on other threads.
    #[doc(alias = "cancelling")]
    pub fn cancel_requests(&self) -> u32 {
        self.0.with(EventLoop::cancel_requests).unwrap_or(0)
    }

    /// Takes a request to cancel back, and returns how many are left, as asyncio's `uncancel`. The last one that is
    /// taken back before it was delivered is not delivered.
    pub fn uncancel(&self) -> u32 {
        self.0.with(EventLoop::uncancel).unwrap_or(0)
    }

    /// The task's slot in this loop, if it is one of its tasks and has not ended.
    pub(super) fn unfinished_in(&self, event_loop: &EventLoop) -> Option<u32> {
        self.0
            .index_in(event_loop)
            .filter(|&index| !event_loop.is_finished(index))
    }

    /// Returns whether the task has ended. False on other threads, where this cannot be seen.
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        let here = self.0.with(EventLoop::is_finished);
        here.unwrap_or_else(|| self.0.is_taken())
    }

    /// Returns the task's number, or `None` if its runtime has ended or lives on another thread.
    pub fn id(&self) -> Option<TaskId> {
        self.0.with(EventLoop::task_id)
    }

    /// Returns the task's name: the one it was given, or `Task-N`. On other threads, the line that spawned it.
    #[doc(alias = "get_name")]
    pub fn name(&self) -> String {
        self.0
            .with(EventLoop::task_name)
            .unwrap_or_else(|| format!("a task spawned at {}", self.0.spawned_at()))
    }

    /// Names the task, for messages and for tools that show a run. Does nothing on other threads.
    pub fn set_name(&self, name: &str) {
        self.0
            .with(|event_loop, index| event_loop.set_task_name(index, name));
    }

    /// Lets an aggregate be told of the end of its member with this number. A handle that can only give an error, its
    /// runtime having ended, has ended already.
    pub(super) fn tell(&self, aggregate: Rc<dyn Aggregate>, member: u32) {
        let callback = Callback::Member(Rc::clone(&aggregate), member);
        let told = self
            .0
            .with(|event_loop, index| event_loop.call_when_finished(index, callback));
        if told.is_none() {
            aggregate.member_finished(member);
        }
    }

    /// Takes back what `tell` asked for, of a task that has not ended.
    pub(super) fn tell_nobody(&self) {
        self.0.with(EventLoop::tell_nobody);
    }

    /// A failure of the task counts as seen; see `Builder::on_unhandled`.
    pub(super) fn mark_seen(&self) {
        self.0.with(EventLoop::mark_seen);
    }

    /// Calls a closure when the task has ended, as asyncio's `add_done_callback`: through the loop, behind what is ready
    /// then, in the order of the calls to this, whatever becomes of the handle. If it has ended already, at the next turn.
    ///
    /// The closure is not given the task. One that is to see the outcome shares the handle:
    ///
    /// ```
    /// # roundelay::run(async {
    /// let task = roundelay::spawn(async { 7 }).shared();
    /// let same = task.clone();
    /// task.on_done(move || println!("{:?}", same.outcome())); // Some(Ok(7))
    /// assert_eq!(task.await.unwrap(), 7);
    /// # });
    /// ```
    #[track_caller]
    #[doc(alias = "add_done_callback")]
    pub fn on_done(&self, callback: impl FnOnce() + 'static) -> DoneCallback {
        let at = Location::caller();
        if self.0.is_taken() {
            return DoneCallback::soon(callback, at);
        }
        let place = self.0.with(|event_loop, index| {
            let (key, serial) = event_loop.call_at_end(index, Box::new(callback), at);
            (event_loop.serial, key, serial)
        });
        DoneCallback(place)
    }

    /// Calls `f` with the loop and the slot, if the loop lives on this thread.
    pub(super) fn with_loop<R>(&self, f: impl FnOnce(&EventLoop, u32) -> R) -> Option<R> {
        self.0.with(f)
    }

    /// Passes a request on. Returns whether the task has not ended.
    pub(super) fn ask_for(&self, request: &Cancelled) -> bool {
        self.0
            .with(|event_loop, index| event_loop.cancel(index, request))
            .unwrap_or(false)
    }

    /// Whether awaiting the handle would give something at once.
    pub(super) fn has_ended(&self) -> bool {
        self.0.with(EventLoop::is_finished).unwrap_or(true)
    }

    /// Whether the task has ended without an output.
    pub(super) fn has_failed(&self) -> bool {
        self.0.with(EventLoop::has_failed).unwrap_or(true)
    }

    /// Whether the task was cancelled.
    pub(super) fn was_cancelled(&self) -> bool {
        self.0
            .with(|event_loop, index| event_loop.with_error(index, JoinError::is_cancelled))
            .flatten()
            .unwrap_or(false)
    }

    /// Looks at the output of a task that has ended with one. `f` must not use handles.
    pub(super) fn with_output<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.with_output(f)
    }

    /// Takes the output of a task that has ended.
    pub(super) fn take(self) -> Result<T, JoinError> {
        self.0.take()
    }
}

/// A closure that [`JoinHandle::on_done`] will call. Dropping this does not take it back.
#[derive(Clone, Copy, Debug)]
pub struct DoneCallback(Option<(u64, u32, u64)>);

impl DoneCallback {
    /// Calls a closure at the next turn: the task has ended.
    pub(super) fn soon(callback: impl FnOnce() + 'static, at: &'static Location<'static>) -> Self {
        DoneCallback(with_running(|event_loop| {
            let (key, serial) = event_loop.call_soon(Box::new(callback), at);
            (event_loop.serial, key, serial)
        }))
    }

    /// Takes the closure back. Returns whether it was still to be called.
    #[doc(alias = "remove_done_callback")]
    pub fn remove(self) -> bool {
        self.0
            .and_then(|(runtime, key, serial)| {
                with_loop(runtime, |event_loop| {
                    event_loop.take_call(key, serial, false)
                })
            })
            .flatten()
            .is_some()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[inline(always)]
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(cx)
    }
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JoinHandle({})", self.name())
    }
}
