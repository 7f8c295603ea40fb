//! What the handles, the jobs and the slots of one pool share: its settings, the queue, the line to
//! the zygote, and the pool's end.

use super::account::Account;
use super::busy::Busy;
use super::call::Call;
use super::control;
use super::fate::Fate;
use super::first::first;
use super::hired::PATIENCE;
use super::line::Line;
use super::queue::Queue;
use super::settings::Settings;
use crate::event_loop::waker::TaskWaker;
use crate::pool::error::PoolError;
use crate::sys::fork_guard;
use crate::task::spawn;
use crate::time::sleep;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::BorrowedFd;
use std::panic::Location;
use std::rc::Rc;
use std::task::Poll;

/// A pool.
pub(super) struct Shared {
    /// What the builder was told.
    pub(super) settings: Settings,
    /// What is known for statistics.
    pub(super) account: Rc<Account>,
    /// The line that made the pool.
    pub(super) made: &'static Location<'static>,
    /// The most bytes an encoded argument or result may have.
    pub(super) limit: u64,
    /// The calls that wait, and the slots that wait for calls.
    pub(super) queue: Queue,
    /// The line to the zygote; none before the first worker is needed, and after the pool is
    /// closed.
    line: RefCell<Option<Rc<Line>>>,
    /// How many calls the slots are doing.
    pub(super) busy: Rc<Busy>,
    /// How many workers there are that calls can be given to, or will be; those that are ending do
    /// not count.
    pub(super) workers: Cell<usize>,
    /// In how many workers in a row the initializer has failed.
    pub(super) failures: Cell<u32>,
    /// How many slots, and workers they have left to end in peace, have not come to their end.
    lives: Cell<usize>,
    /// Whether the pool is closed: there is no work any more.
    closed: Cell<bool>,
    /// Who waits for that.
    waiters: RefCell<Vec<TaskWaker>>,
    /// The process that made the pool. A child forked from it has a copy of us and must not use it.
    owner: fork_guard::Process,
}

impl Shared {
    /// A pool whose slots are to be spawned.
    pub(super) fn new(settings: Settings, made: &'static Location<'static>) -> Shared {
        Shared {
            account: Rc::new(Account::new()),
            made,
            limit: settings.message_limit,
            queue: Queue::new(settings.workers, settings.queue_limit),
            line: RefCell::default(),
            busy: Rc::new(Busy::new(settings.busy_poll)),
            workers: Cell::new(0),
            failures: Cell::new(0),
            lives: Cell::new(0),
            closed: Cell::new(false),
            waiters: RefCell::default(),
            owner: fork_guard::Process::current(),
            settings,
        }
    }

    /// Whether the pool is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Why the zygote can fork no worker, if it has said so.
    pub(super) fn unprepared(&self) -> Option<String> {
        self.line.borrow().as_ref()?.unprepared()
    }

    /// Fails all calls that wait: no worker gets ready.
    pub(super) fn fail_waiting(&self, reason: &str, attempts: u32) {
        for call in self.queue.empty() {
            call.finish(Err(PoolError::InitializerFailed {
                reason: reason.to_owned(),
                attempts,
                submitted: call.submitted,
            }));
        }
    }

    /// Asks the zygote for a worker that serves `socket`; starts a zygote if there is none.
    ///
    /// # Errors
    /// `control::is_end` tells those that say that the zygote has ended; then the next try starts
    /// another.
    pub(super) async fn ask(&self, socket: BorrowedFd<'_>) -> io::Result<Rc<Fate>> {
        let line = self.line()?;
        let asked = line.ask(self.limit, socket).await;
        if asked.as_ref().is_err_and(control::is_end) {
            line.cut();
        }
        asked
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
        let line = Rc::new(Line::open(&self.settings, &self.busy)?);
        drop(self.line.replace(Some(line.clone())));
        let (listening, busy) = (line.clone(), self.busy.clone());
        let listener = spawn(async move { listening.listen(&busy).await });
        listener.set_name("process pool line");
        Ok(line)
    }

    /// Fails the calls that wait, and says how many.
    pub(super) fn cancel_queued(&self) -> usize {
        if !self.owner.is_current() {
            return 0;
        }
        let calls = self.queue.empty();
        let count = calls.len();
        for call in calls {
            call.finish(Err(PoolError::Cancelled {
                submitted: call.submitted,
            }));
        }
        count
    }

    /// Takes no more calls; the slots end when those that have a place are done.
    pub(super) fn shut(&self) {
        if self.owner.is_current() {
            fail_closed(self.queue.shut());
        }
    }

    /// One more has to come to its end before the pool does.
    pub(super) fn life_began(&self) {
        self.lives.set(self.lives.get() + 1);
    }

    /// A slot has come to its end, and its worker with it; or a worker that a slot had left. With the
    /// last one, the pool does.
    pub(super) async fn life_ended(&self) {
        self.lives.set(self.lives.get() - 1);
        if self.lives.get() > 0 || self.is_closed() {
            return;
        }
        let line = self.line.borrow().clone();
        if let Some(line) = line {
            let _busy = self.busy.begin();
            // A zygote that was stopped, or whose socket a child of its own holds open, is never heard to end.
            first(line.end_in_peace(), sleep(PATIENCE)).await;
        }
        self.close();
    }

    /// Waits until the pool is closed.
    pub(super) async fn end(&self) {
        poll_fn(|cx| {
            if self.is_closed() {
                return Poll::Ready(());
            }
            // Cloned before anything is borrowed: it is foreign code.
            let waker = TaskWaker::of(cx.waker());
            let mut waiters = self.waiters.borrow_mut();
            if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
                waiters.push(waker);
            }
            Poll::Pending
        })
        .await
    }

    /// Closes the pool: no call is begun any more, those that wait fail, the processes are killed
    /// and reaped.
    pub(super) fn close(&self) {
        if !self.owner.is_current() || self.closed.replace(true) {
            return;
        }
        fail_closed(self.queue.shut());
        fail_closed(self.queue.empty());
        let line = self.line.take();
        if let Some(line) = line {
            line.cut();
        }
        self.busy.end();
        let waiters = self.waiters.take();
        waiters.into_iter().for_each(TaskWaker::wake);
    }
}

/// Fails calls, since the pool is closed.
fn fail_closed(calls: Vec<Rc<Call>>) {
    for call in calls {
        call.finish(Err(PoolError::Closed {
            submitted: call.submitted,
        }));
    }
}
