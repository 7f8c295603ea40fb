//! `gather`: several tasks at once, outputs by position.
//!
//! As in asyncio a member's end first queues a callback, and the callback that completes the whole then wakes the
//! waiter: two turns after the last member's end, so that a trace of turns equals asyncio's.

use super::join::{JoinHandle, spawn};
use crate::error::{CancelReason, Cancelled, JoinError};
use crate::event_loop::EventLoop;
use crate::event_loop::callbacks::Aggregate;
use crate::event_loop::context::{with_loop, with_running};
use crate::event_loop::waits::note_ends;
use crate::event_loop::waker::{TaskRef, TaskWaker};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

/// Spawns the futures as tasks, in order and at once, and returns their outputs by position, as asyncio's `gather`.
///
/// It takes arrays, vectors and other iterators of futures, and tuples of up to eight different ones.
///
/// The work starts at this call, not at the await. The first member that panics or is cancelled completes the whole
/// with its error at once; the others run on unattended. [`Gather::settled`] waits for all instead.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Cancellation
/// Cancelling the task that awaits it cancels the members that have not ended; the task itself is cancelled when the
/// first of them has ended by it (of a [`settled`](Gather::settled) gather, all of them). Dropping a gather that was being awaited cancels the
/// members, too; dropping one that was never awaited lets them run.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let squares = roundelay::gather((1..4).map(|n| async move { n * n })).await;
/// assert_eq!(squares.unwrap(), [1, 4, 9]);
///
/// let (number, word) = roundelay::gather((async { 1 }, async { "one" })).await.unwrap();
/// assert_eq!((number, word), (1, "one"));
/// # });
/// ```
#[track_caller]
pub fn gather<G: Gatherable<Kind>, Kind>(members: G) -> G::Gather {
    members.gather()
}

/// What [`gather`] takes. `Kind` tells iterators from tuples, and is inferred.
pub trait Gatherable<Kind> {
    /// The future of the outputs.
    type Gather;

    /// Spawns the members; see [`gather`].
    #[track_caller]
    fn gather(self) -> Self::Gather;
}

/// The kind of [`Gatherable`]s that are iterators.
#[derive(Debug)]
pub enum Many {}

impl<I> Gatherable<Many> for I
where
    I: IntoIterator,
    I::Item: Future + 'static,
    <I::Item as Future>::Output: 'static,
{
    type Gather = Gather<<I::Item as Future>::Output>;

    fn gather(self) -> Self::Gather {
        gather_handles(spawn_all(self))
    }
}

/// Gathers tasks that are running already; see [`gather`].
///
/// When all of them have ended, awaiting this does not yield.
pub fn gather_handles<T: 'static>(handles: impl IntoIterator<Item = JoinHandle<T>>) -> Gather<T> {
    Gather {
        members: Members::new(handles.into_iter().collect(), JoinHandle::has_failed),
    }
}

/// Spawns fallible futures as tasks, and returns their values by position, or the first error.
///
/// The first member that returns an error, panics or is cancelled completes the whole at once; the others run on
/// unattended. Otherwise like [`gather`].
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let parsed = roundelay::try_gather(["1", "x"].map(|s| async move { s.parse::<u32>() })).await;
/// assert_eq!(parsed.unwrap_err().index(), 1);
/// # });
/// ```
#[track_caller]
pub fn try_gather<I, T, E>(futures: I) -> TryGather<T, E>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>> + 'static,
    T: 'static,
    E: 'static,
{
    let fails = |member: &JoinHandle<Result<T, E>>| {
        member.has_failed() || member.with_output(Result::is_err).unwrap_or(false)
    };
    TryGather {
        members: Members::new(spawn_all(futures), fails),
    }
}

#[track_caller]
pub(super) fn spawn_all<I>(futures: I) -> Vec<JoinHandle<<I::Item as Future>::Output>>
where
    I: IntoIterator,
    I::Item: Future + 'static,
{
    let futures = futures.into_iter();
    let mut handles = Vec::with_capacity(futures.size_hint().0);
    // A loop, not a closure, so that the tasks know the caller's line.
    for future in futures {
        handles.push(spawn(future));
    }
    handles
}

/// The members of a gather, and who waits for them.
struct Members<T> {
    /// The members' handles by position; each is replaced by `None` when its output is taken.
    handles: RefCell<Vec<Option<JoinHandle<T>>>>,
    /// How many members have not ended, as far as their callbacks have run.
    unfinished: Cell<usize>,
    /// Whether the first failure completes the whole.
    eager: Cell<bool>,
    /// The first member that failed, if one did.
    failed: Cell<Option<u32>>,
    /// What counts as a failure.
    fails: fn(&JoinHandle<T>) -> bool,
    /// Whether the whole is complete.
    complete: Cell<bool>,
    /// Whether the gather was dropped.
    released: Cell<bool>,
    waker: RefCell<Option<TaskWaker>>,
    /// The task that awaits the whole and was cancelled, its runtime, and by which request, which went on to the members.
    cancelled: RefCell<Option<(u64, TaskRef, Cancelled)>>,
    /// The request of the gather's own `cancel`, and where it was made.
    own_cancel: RefCell<Option<(Cancelled, &'static Location<'static>)>>,
}

impl<T: 'static> Members<T> {
    fn new(handles: Vec<JoinHandle<T>>, fails: fn(&JoinHandle<T>) -> bool) -> Rc<Self> {
        let unfinished = handles.len();
        let members = Rc::new(Members {
            handles: RefCell::new(handles.into_iter().map(Some).collect()),
            unfinished: Cell::new(unfinished),
            eager: Cell::new(true),
            failed: Cell::new(None),
            fails,
            complete: Cell::new(unfinished == 0),
            released: Cell::new(false),
            waker: RefCell::new(None),
            cancelled: RefCell::new(None),
            own_cancel: RefCell::new(None),
        });
        for (member, handle) in members.handles.borrow().iter().enumerate() {
            let handle = handle.as_ref().expect("nothing was taken yet");
            if handle.has_ended() {
                members.note(member as u32, handle);
            } else {
                handle.tell(members.clone(), member as u32);
            }
        }
        members
    }

    /// Notes that a member has ended.
    fn note(&self, member: u32, handle: &JoinHandle<T>) {
        self.unfinished.set(self.unfinished.get() - 1);
        if self.failed.get().is_none() && (self.fails)(handle) {
            self.failed.set(Some(member));
        }
        if self.unfinished.get() == 0 || self.eager.get() && self.failed.get().is_some() {
            self.complete.set(true);
        }
    }

    /// Waits for the whole. As `poll`, but leaves the outputs where they are.
    #[track_caller]
    fn poll(self: &Rc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.complete.get() {
            return Poll::Ready(());
        }
        let before = self.waker.replace(Some(TaskWaker::of(cx.waker())));
        drop(before);
        let this: Weak<Self> = Rc::downgrade(self);
        with_running(|event_loop| event_loop.await_aggregate(cx.waker(), this));
        note_ends(&**self, || self.unfinished.get());
        Poll::Pending
    }

    /// The whole is complete: if the awaiting task was cancelled, that request now arrives there, unless a member failed
    /// by itself.
    fn completed(&self) {
        if let Some((runtime, task, request)) = self.cancelled.take() {
            let failed = self.failed.get().filter(|_| self.eager.get());
            let own = failed.is_some_and(|member| {
                let handles = self.handles.borrow();
                let handle = handles[member as usize].as_ref();
                handle.is_some_and(|handle| !handle.was_cancelled())
            });
            if !own {
                let this = std::ptr::from_ref(self).cast();
                with_loop(runtime, |event_loop| {
                    event_loop.cancel_awaiting(task, &request, this);
                });
            }
        }
        let waker = self.waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Asks the members that have not ended to cancel. Returns whether there were any.
    fn cancel_all(&self, at: &'static Location<'static>) -> bool {
        with_running(|event_loop| {
            if self.complete.get() {
                return false;
            }
            let request = event_loop.request(CancelReason::Explicit, None, at);
            let handles = self.handles.borrow();
            let mut any = false;
            for handle in handles.iter().flatten() {
                any |= handle.ask_for(&request);
            }
            if any {
                let before = self.own_cancel.replace(Some((request, at)));
                drop(before);
            }
            any
        })
        .unwrap_or(false)
    }

    fn take(&self, member: usize) -> Result<T, JoinError> {
        let handle = self.handles.borrow_mut()[member].take();
        handle.expect("an output is taken once").take()
    }

    /// Takes the outputs of all members, which have ended and left them.
    fn take_all(&self) -> impl Iterator<Item = Result<T, JoinError>> {
        let handles = self.handles.take().into_iter();
        handles.map(|handle| handle.expect("an output is taken once").take())
    }

    /// Nobody waits any more. Members that have not ended are cancelled if the gather was awaited and is not complete; the
    /// others run on unattended. Their callbacks stay, and have their turns, as in asyncio.
    fn release(&self) {
        self.released.set(true);
        let complete = self.complete.replace(true);
        let cancel = !complete && self.waker.take().is_some();
        let count = self.handles.borrow().len();
        for member in 0..count {
            let ended = match &self.handles.borrow()[member] {
                None => true,
                Some(handle) => {
                    if cancel {
                        handle.cancel();
                    }
                    // As in asyncio, failures count as seen, but for one that was to be given to nobody.
                    if (cancel || complete) && self.failed.get() != Some(member as u32) {
                        handle.mark_seen();
                    }
                    handle.has_ended()
                }
            };
            if ended {
                let handle = self.handles.borrow_mut()[member].take();
                drop(handle);
            }
        }
    }
}

impl<T: 'static> Aggregate for Members<T> {
    fn member_finished(&self, member: u32) {
        if self.released.get() {
            let mut handles = self.handles.borrow_mut();
            let handle = handles.get_mut(member as usize).map(Option::take);
            drop(handles);
            return drop(handle);
        }
        let complete = self.complete.get();
        if let Some(Some(handle)) = self.handles.borrow().get(member as usize) {
            self.note(member, handle);
        }
        if self.complete.get() && !complete {
            self.completed();
        }
    }

    fn cancel(
        &self,
        event_loop: &EventLoop,
        awaiting: TaskRef,
        request: &Cancelled,
        members: &mut Vec<u32>,
    ) -> bool {
        let handles = self.handles.borrow();
        let unfinished = handles
            .iter()
            .flatten()
            .filter_map(|handle| handle.unfinished_in(event_loop));
        let before = members.len();
        members.extend(unfinished);
        let passed = members.len() > before && !self.complete.get();
        if passed {
            let before =
                self.cancelled
                    .replace(Some((event_loop.serial, awaiting, request.clone())));
            drop(before);
        } else {
            members.truncate(before);
        }
        passed
    }

    fn is_ending(&self) -> bool {
        let handles = self.handles.borrow();
        !self.complete.get() && handles.iter().flatten().all(JoinHandle::has_ended)
    }
}

/// The future of [`gather`]: outputs by position, or the first member's error.
#[must_use = "dropping it lets the tasks run on"]
pub struct Gather<T: 'static> {
    members: Rc<Members<T>>,
}

impl<T: 'static> Gather<T> {
    /// Cancels the members that have not ended, as asyncio's `cancel` of a gather. Returns whether there were any. The gather
    /// then ends as cancelled, also if the members all end with a value.
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.members.cancel_all(Location::caller())
    }

    /// Returns whether awaiting it would give the outputs, or the error, at once.
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        self.members.complete.get()
    }

    /// Waits for all members, whatever becomes of them, as asyncio's `gather(return_exceptions=True)`.
    ///
    /// # Examples
    /// ```
    /// # roundelay::run(async {
    /// let task = roundelay::spawn(async { 1 });
    /// task.cancel();
    /// let results = roundelay::gather_handles([task, roundelay::spawn(async { 2 })]).settled().await;
    /// assert!(results[0].as_ref().unwrap_err().is_cancelled());
    /// assert_eq!(*results[1].as_ref().unwrap(), 2);
    /// # });
    /// ```
    #[doc(alias = "return_exceptions")]
    pub fn settled(self) -> Settled<T> {
        self.members.eager.set(false);
        self.members
            .complete
            .set(self.members.unfinished.get() == 0);
        Settled {
            members: self.members.clone(),
            gather: Some(self),
        }
    }
}

impl<T: 'static> Future for Gather<T> {
    type Output = Result<Vec<T>, JoinError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let members = &self.members;
        std::task::ready!(members.poll(cx));
        Poll::Ready(match members.failed.get() {
            Some(member) => members.take(member as usize).map(|_| Vec::new()),
            None => {
                if let Some((request, at)) = members.own_cancel.take() {
                    let error = JoinError::of_cancelled(request, "a gather".to_owned(), at);
                    return Poll::Ready(Err(error));
                }
                members.take_all().collect()
            }
        })
    }
}

impl<T: 'static> Drop for Gather<T> {
    fn drop(&mut self) {
        self.members.release();
    }
}

/// The future of [`Gather::settled`]: every member's outcome by position.
#[must_use = "dropping it lets the tasks run on"]
pub struct Settled<T: 'static> {
    members: Rc<Members<T>>,
    /// Kept for its drop.
    gather: Option<Gather<T>>,
}

impl<T: 'static> Settled<T> {
    /// Cancels the members that have not ended; see [`Gather::cancel`]. When all have ended, the task that awaits this is cancelled
    /// there, as in asyncio, though nobody has asked it: there is no other place for the error.
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.members.cancel_all(Location::caller())
    }

    /// Returns whether all members have ended.
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        self.members.complete.get()
    }
}

impl<T: 'static> Future for Settled<T> {
    type Output = Vec<Result<T, JoinError>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        std::task::ready!(self.members.poll(cx));
        if let Some((request, _)) = self.members.own_cancel.take()
            && with_running(|event_loop| event_loop.raise(&request)) == Some(true)
        {
            return Poll::Pending;
        }
        let results = self.members.take_all().collect();
        self.gather = None;
        Poll::Ready(results)
    }
}

/// The future of [`try_gather`]: values by position, or the first error.
#[must_use = "dropping it lets the tasks run on"]
pub struct TryGather<T: 'static, E: 'static> {
    members: Rc<Members<Result<T, E>>>,
}

impl<T: 'static, E: 'static> Future for TryGather<T, E> {
    type Output = Result<Vec<T>, GatherError<E>>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let members = &self.members;
        std::task::ready!(members.poll(cx));
        let value = |(index, outcome)| match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(GatherError::Failed { index, error }),
            Err(error) => Err(GatherError::Join { index, error }),
        };
        Poll::Ready(match members.failed.get() {
            Some(member) => {
                let outcome = members.take(member as usize);
                value((member as usize, outcome)).map(|_| Vec::new())
            }
            None => members.take_all().enumerate().map(value).collect(),
        })
    }
}

impl<T: 'static, E: 'static> Drop for TryGather<T, E> {
    fn drop(&mut self) {
        self.members.release();
    }
}

/// Why a [`try_gather`] has no values.
#[derive(Debug)]
pub enum GatherError<E> {
    /// A member returned an error.
    Failed {
        /// The member's position.
        index: usize,
        /// Its error.
        error: E,
    },
    /// A member panicked or was cancelled.
    Join {
        /// The member's position.
        index: usize,
        /// What became of it.
        error: JoinError,
    },
}

impl<E> GatherError<E> {
    /// Returns the position of the member that failed first.
    pub fn index(&self) -> usize {
        match self {
            GatherError::Failed { index, .. } | GatherError::Join { index, .. } => *index,
        }
    }
}

impl<E: fmt::Display> fmt::Display for GatherError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GatherError::Failed { index, error } => {
                write!(f, "member {index} of a gather failed: {error}")
            }
            GatherError::Join { index, error } => write!(f, "member {index} of a gather: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for GatherError<E> {}
