//! One call, from its submission to its end: shared by the job that waits for it and the slot that
//! does it.

use super::account::Account;
use super::codec;
use super::fate::Fate;
use super::in_flight::InFlight;
use super::limits::Limits;
use super::wire::Kind;
use crate::event_loop::observer::{JobEnd, JobId};
use crate::event_loop::waker::TaskWaker;
use crate::pool::error::PoolError;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::panic::Location;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

/// A worker's answer, still encoded.
pub(super) type Reply = (Kind, Vec<u8>);

/// A call.
///
/// ```text
///   Queued --1--> Running --2--> Done --3--> Over
///     |  \__________2____________^             ^
///     \_____________4______________4___________/   (also from Running and Done)
/// ```
/// 1. [`Call::start`]: a slot has a worker for it. 2. [`Call::finish`]: a reply, or an error.
/// 3. [`Call::poll`]: the job takes the outcome. 4. [`Call::abandon`]: the job is dropped.
pub(super) struct Call {
    /// The line that submitted the call.
    pub(super) submitted: &'static Location<'static>,
    /// When it was submitted.
    pub(super) since: Instant,
    /// Its number in the loop; none if it never was on its way.
    pub(super) job: Option<JobId>,
    /// What it is called in errors: its label, or the type of its function.
    pub(super) name: Cow<'static, str>,
    /// How long it may run, and how much memory it may hold.
    pub(super) limits: Limits,
    /// Whether it has, or had, a place in the queue.
    accepted: Cell<bool>,
    /// How far it is.
    stage: RefCell<Stage>,
    /// Who awaits the job; written when it is polled, empty when nobody waits or the outcome is
    /// there.
    waiter: Cell<Option<TaskWaker>>,
    /// Who awaits its place in the queue; taken when it has one, or is over.
    waiters_for_place: RefCell<Vec<TaskWaker>>,
    /// The slot that does it, to hear when it is given up.
    slot: Cell<Option<TaskWaker>>,
    /// What the loop was told; dropped as soon as the call is done or given up.
    in_flight: Cell<Option<InFlight>>,
}

enum Stage {
    /// Waits for a worker, with the frame to send.
    Queued(Vec<u8>),
    /// A worker has it.
    Running(Rc<Fate>),
    /// The outcome waits for the job.
    Done(Result<Reply, PoolError>),
    /// Nobody wants anything of it any more.
    Over,
}

impl Call {
    /// A call to be done: the frame to send, or the error that keeps it from being queued.
    pub(super) fn new(
        frame: Result<Vec<u8>, PoolError>,
        name: Cow<'static, str>,
        limits: Limits,
        account: &Rc<Account>,
        submitted: &'static Location<'static>,
    ) -> Call {
        let in_flight = frame.is_ok().then(|| InFlight::begin(account, submitted));
        let job = in_flight.as_ref().and_then(InFlight::job);
        Call {
            submitted,
            since: Instant::now(),
            job,
            name,
            limits,
            accepted: Cell::new(false),
            stage: RefCell::new(match frame {
                Ok(frame) => Stage::Queued(frame),
                Err(error) => Stage::Done(Err(error)),
            }),
            waiter: Cell::new(None),
            waiters_for_place: RefCell::default(),
            slot: Cell::new(None),
            in_flight: Cell::new(in_flight),
        }
    }

    /// It has a place in the queue.
    pub(super) fn accept(&self) {
        self.accepted.set(true);
        self.tell_place();
    }

    fn tell_place(&self) {
        let waiters = mem::take(&mut *self.waiters_for_place.borrow_mut());
        waiters.into_iter().for_each(TaskWaker::wake);
    }

    /// Waits until it has a place in the queue, or an outcome.
    pub(super) fn poll_accepted(&self, cx: &mut Context<'_>) -> Poll<()> {
        let waits = matches!(&*self.stage.borrow(), Stage::Queued(_)) && !self.accepted.get();
        if !waits {
            return Poll::Ready(());
        }
        // Cloned before anything is borrowed: it is foreign code.
        let waker = TaskWaker::of(cx.waker());
        let mut waiters = self.waiters_for_place.borrow_mut();
        if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
            waiters.push(waker);
        }
        Poll::Pending
    }

    /// Whether nobody wants anything of it any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(&*self.stage.borrow(), Stage::Over)
    }

    /// For the slot that does it: waits until nobody wants it any more.
    pub(super) async fn given_up(&self) {
        poll_fn(|cx| {
            if self.is_over() {
                return Poll::Ready(());
            }
            self.slot.set(Some(TaskWaker::of(cx.waker())));
            Poll::Pending
        })
        .await
    }

    /// Gives the frame to the slot that has found a worker; nothing if the call is not wanted any
    /// more. The second worker of a call that the first could not begin comes here, too; the slot
    /// has the frame already, and is given an empty one.
    pub(super) fn start(&self, worker: &Rc<Fate>) -> Option<Vec<u8>> {
        let mut stage = self.stage.borrow_mut();
        match &mut *stage {
            Stage::Queued(frame) => {
                let frame = mem::take(frame);
                *stage = Stage::Running(worker.clone());
                Some(frame)
            }
            Stage::Running(before) => {
                *before = worker.clone();
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// Sets the outcome and wakes the job. Without effect if there is one, or nobody wants it.
    pub(super) fn finish(&self, outcome: Result<Reply, PoolError>) {
        let mut stage = self.stage.borrow_mut();
        let begun = matches!(*stage, Stage::Running(_));
        let end = end_of(&outcome, begun);
        if let Stage::Queued(_) | Stage::Running(_) = *stage {
            *stage = Stage::Done(outcome);
        }
        // Waking is foreign code: nothing may be borrowed then.
        drop(stage);
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.end(end);
        }
        drop(self.slot.take());
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
        self.tell_place();
    }

    /// Waits for the outcome.
    ///
    /// # Panics
    /// If the outcome was taken before.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<Reply, PoolError>> {
        let mut stage = self.stage.borrow_mut();
        match &*stage {
            Stage::Queued(_) | Stage::Running(_) => {
                drop(stage);
                drop(self.waiter.replace(Some(TaskWaker::of(cx.waker()))));
                Poll::Pending
            }
            Stage::Done(_) => match mem::replace(&mut *stage, Stage::Over) {
                Stage::Done(outcome) => Poll::Ready(outcome),
                _ => unreachable!("the stage was looked at in the line above"),
            },
            Stage::Over => panic!("a `Job` was polled after it had given its result"),
        }
    }

    /// Gives the call up; a worker that runs it is killed.
    pub(super) fn abandon(&self) {
        let stage = mem::replace(&mut *self.stage.borrow_mut(), Stage::Over);
        let mut end = JobEnd::Dropped;
        if let Stage::Running(worker) = stage {
            worker.kill();
            end = JobEnd::Killed;
        }
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.end(end);
        }
        drop(self.waiter.take());
        if let Some(slot) = self.slot.take() {
            slot.wake();
        }
    }
}

/// How a call ended, as observers and statistics have it.
fn end_of(outcome: &Result<Reply, PoolError>, begun: bool) -> JobEnd {
    match outcome {
        Ok((kind, _)) if codec::is_value(*kind) => JobEnd::Returned,
        Err(PoolError::Closed { .. } | PoolError::Cancelled { .. }) if !begun => JobEnd::Dropped,
        Err(
            PoolError::WorkerDied { .. }
            | PoolError::Deadline { .. }
            | PoolError::MemoryLimit { .. }
            | PoolError::Closed { .. },
        ) => JobEnd::Killed,
        _ => JobEnd::Failed,
    }
}
