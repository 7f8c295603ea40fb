//! What the handles, the jobs and the slots of one pool share: the queue and the line to the
//! zygote.

use super::busy::Busy;
use super::call::Call;
use super::control;
use super::fate::Fate;
use super::line::Line;
use crate::pool::error::PoolError;
use crate::sys::fork_guard;
use crate::task::spawn;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A pool.
pub(super) struct Shared {
    /// The most bytes an encoded argument or result may have.
    pub(super) limit: u64,
    /// The calls no slot has taken, by their number. A map and not a ring, so that a call that is
    /// given up leaves at once, from wherever it stands; calls are rare beside what a worker does
    /// for one.
    queue: RefCell<BTreeMap<u64, Rc<Call>>>,
    /// The number of the next call.
    next_call: Cell<u64>,
    /// The slots that wait for a call. The last to come is the first to go: it has a worker
    /// already, and workers that are never needed are never started.
    idle: RefCell<Vec<(usize, Waker)>>,
    /// The line to the zygote; none before the first worker is needed, and after the pool is
    /// closed.
    line: RefCell<Option<Rc<Line>>>,
    /// How many calls the slots are doing.
    pub(super) busy: Rc<Busy>,
    /// Whether the pool is closed: there is no work any more.
    closed: Cell<bool>,
    /// The process that made the pool. A child forked from it has a copy of us and must not use it.
    owner: fork_guard::Process,
}

impl Shared {
    /// A pool without slots.
    pub(super) fn new(limit: u64, busy_poll: u64) -> Shared {
        Shared {
            limit,
            queue: RefCell::default(),
            next_call: Cell::new(0),
            idle: RefCell::default(),
            line: RefCell::default(),
            busy: Rc::new(Busy::new(busy_poll)),
            closed: Cell::new(false),
            owner: fork_guard::Process::current(),
        }
    }

    /// Whether the pool is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Queues a call and gives its number.
    pub(super) fn queue(&self, call: Rc<Call>) -> u64 {
        let number = self.next_call.get();
        self.next_call.set(number + 1);
        self.queue.borrow_mut().insert(number, call);
        let idle = self.idle.borrow_mut().pop();
        if let Some((_, waker)) = idle {
            waker.wake();
        }
        number
    }

    /// Takes a call out of the queue, if it is still there.
    pub(super) fn unqueue(&self, number: u64) {
        let call = self.queue.borrow_mut().remove(&number);
        drop(call);
    }

    /// Waits for a call that slot `slot` is to do; nothing when the pool is closed.
    pub(super) async fn next_call(&self, slot: usize) -> Option<Rc<Call>> {
        poll_fn(|cx| {
            if self.closed.get() {
                return Poll::Ready(None);
            }
            // Who waits and was not woken leaves the calls to those who were: they have workers already.
            if self
                .idle
                .borrow()
                .iter()
                .any(|(waiting, _)| *waiting == slot)
            {
                return Poll::Pending;
            }
            if let Some((_, call)) = self.queue.borrow_mut().pop_first() {
                return Poll::Ready(Some(call));
            }
            let waker = cx.waker().clone();
            self.idle.borrow_mut().push((slot, waker));
            Poll::Pending
        })
        .await
    }

    /// Asks the zygote for a worker that serves `socket`; starts a zygote if there is none.
    pub(super) async fn ask(&self, socket: BorrowedFd<'_>) -> io::Result<Rc<Fate>> {
        let line = self.line()?;
        match line.ask(self.limit, socket).await {
            Err(error) if control::is_end(&error) => {
                // The zygote ended while there was nothing to do. One new one: if that ends as
                // well, before it has done anything, so would the next.
                line.cut();
                self.line()?.ask(self.limit, socket).await
            }
            other => other,
        }
    }

    /// The line to the zygote that lives, or to a new one.
    fn line(&self) -> io::Result<Rc<Line>> {
        if self.closed.get() {
            return Err(io::Error::other("the pool was closed"));
        }
        if let Some(line) = &*self.line.borrow()
            && !line.is_cut()
        {
            return Ok(line.clone());
        }
        let line = Rc::new(Line::open()?);
        drop(self.line.replace(Some(line.clone())));
        let (listening, busy) = (line.clone(), self.busy.clone());
        let listener = spawn(async move { listening.listen(&busy).await });
        listener.set_name("process pool line");
        Ok(line)
    }

    /// Closes the pool: no call is begun any more, those that wait fail, the processes are killed
    /// and reaped.
    pub(super) fn close(&self) {
        if !self.owner.is_current() || self.closed.replace(true) {
            return;
        }
        for call in self.queue.take().into_values() {
            call.finish(Err(PoolError::Closed {
                submitted: call.submitted,
            }));
        }
        let line = self.line.take();
        if let Some(line) = line {
            line.cut();
        }
        for (_, waker) in self.idle.take() {
            waker.wake();
        }
        self.busy.end();
    }
}
