//! One call, from its submission to its end: shared by the job that waits for it and the slot that
//! does it.

use super::fate::Fate;
use super::in_flight::InFlight;
use super::wire::Kind;
use crate::pool::error::PoolError;
use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::Location;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

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
    /// How far it is.
    stage: RefCell<Stage>,
    /// Who awaits the job; written when it is polled, empty when nobody waits or the outcome is
    /// there.
    waiter: Cell<Option<Waker>>,
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
    /// A call to be done: the frame to send.
    pub(super) fn queued(frame: Vec<u8>, submitted: &'static Location<'static>) -> Call {
        Call::at(Stage::Queued(frame), Some(InFlight::begin()), submitted)
    }

    /// A call that failed before it was queued.
    pub(super) fn failed(error: PoolError, submitted: &'static Location<'static>) -> Call {
        Call::at(Stage::Done(Err(error)), None, submitted)
    }

    fn at(
        stage: Stage,
        in_flight: Option<InFlight>,
        submitted: &'static Location<'static>,
    ) -> Call {
        let (waiter, in_flight) = (Cell::new(None), Cell::new(in_flight));
        Call {
            submitted,
            stage: RefCell::new(stage),
            waiter,
            in_flight,
        }
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
        if let Stage::Queued(_) | Stage::Running(_) = *stage {
            *stage = Stage::Done(outcome);
        }
        // Waking is foreign code: nothing may be borrowed then.
        drop(stage);
        drop(self.in_flight.take());
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
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
                drop(self.waiter.replace(Some(cx.waker().clone())));
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
        if let Stage::Running(worker) = stage {
            worker.kill();
        }
        drop(self.in_flight.take());
        drop(self.waiter.take());
    }
}
