//! What has become of a worker process: told by the zygote, waited for by the worker's slot.

use super::last_words::LastWords;
use crate::event_loop::waker::TaskWaker;
use crate::sys::child::{self, Process};
use crate::sys::fork_guard;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// How long a process that was killed may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// A worker's fate.
///
/// ```text
///   Asked --1--> Alive --2--> Ended
///     \--3--> Unborn
/// ```
/// 1. [`Fate::born`] 2. [`Fate::ended`] 3. [`Fate::not_born`], or [`Fate::ended`] before the birth.
pub(super) struct Fate {
    /// How far it is.
    stage: RefCell<Stage>,
    /// Who waits for news: the slot, and the reader of its standard error. Taken when there is some.
    waiters: RefCell<Vec<TaskWaker>>,
    /// What it writes to standard error; none if that is the program's.
    words: Option<Rc<LastWords>>,
    /// The process that asked for the worker. A child forked from it has a copy of us and must not
    /// use it.
    owner: fork_guard::Process,
}

enum Stage {
    /// The zygote was asked to fork it.
    Asked,
    /// It was forked; whether it lives at this moment, nobody can say.
    Alive(Process),
    /// It ended, and its parent has reaped it.
    Ended(Death),
    /// It could not be forked.
    Unborn(io::Error),
}

/// How a worker ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    /// The number the process had.
    pub(super) pid: u32,
    /// What its parent learned; nothing if the parent ended first.
    pub(super) status: Option<ExitStatus>,
}

impl Fate {
    /// The fate of a worker that is asked for.
    pub(super) fn asked(words: Option<Rc<LastWords>>) -> Fate {
        Fate {
            stage: RefCell::new(Stage::Asked),
            waiters: RefCell::default(),
            words,
            owner: fork_guard::Process::current(),
        }
    }

    /// The zygote has forked it.
    pub(super) fn born(&self, pid: u32, descriptor: OwnedFd) {
        self.turn(Stage::Alive(Process::new(pid, descriptor)));
    }

    /// The zygote could not fork it.
    pub(super) fn not_born(&self, error: io::Error) {
        self.turn(Stage::Unborn(error));
    }

    /// It has ended; the status is not known if the zygote has ended, too.
    pub(super) fn ended(&self, status: Option<ExitStatus>) {
        let pid = match &*self.stage.borrow() {
            Stage::Alive(process) => Some(process.pid()),
            Stage::Asked => None,
            Stage::Ended(_) | Stage::Unborn(_) => return,
        };
        self.turn(match pid {
            Some(pid) => Stage::Ended(Death { pid, status }),
            // Of the kind that tells an end: see `control::is_end`.
            None => Stage::Unborn(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the zygote, the process that forks workers, ended before it had forked one",
            )),
        });
    }

    fn turn(&self, stage: Stage) {
        drop(self.stage.replace(stage));
        let waiters = mem::take(&mut *self.waiters.borrow_mut());
        waiters.into_iter().for_each(TaskWaker::wake);
    }

    /// What the worker writes to standard error, if the pool reads that.
    pub(super) fn words(&self) -> Option<&LastWords> {
        self.words.as_deref()
    }

    /// The number of its process; 0 before it is born and after it has ended.
    pub(super) fn pid(&self) -> u32 {
        match &*self.stage.borrow() {
            Stage::Alive(process) => process.pid(),
            _ => 0,
        }
    }

    /// Asks the worker to end (SIGTERM), if it was born and as far as it lives.
    pub(super) fn terminate(&self) {
        if let Stage::Alive(process) = &*self.stage.borrow()
            && self.owner.is_current()
        {
            // As with `kill`.
            let _ = process.terminate();
        }
    }

    /// Kills the worker, if it was born and as far as it lives.
    pub(super) fn kill(&self) {
        if let Stage::Alive(process) = &*self.stage.borrow()
            && self.owner.is_current()
        {
            // No error is left that can be met here: the process is ours and the descriptor open.
            let _ = process.kill();
        }
    }

    /// Blocks until the worker, which was killed, has ended; not for ever.
    pub(super) fn block_until_ended(&self) {
        if let Stage::Alive(process) = &*self.stage.borrow()
            && self.owner.is_current()
        {
            // Who cannot wait goes on.
            let _ = child::wait_readable(&[process.as_fd()], Some(PATIENCE));
        }
    }

    /// Waits until the worker is forked.
    pub(super) async fn birth(&self) -> io::Result<()> {
        poll_fn(|cx| match &*self.stage.borrow() {
            Stage::Asked => self.wait(cx),
            Stage::Alive(_) | Stage::Ended(_) => Poll::Ready(Ok(())),
            Stage::Unborn(error) => Poll::Ready(Err(again(error))),
        })
        .await
    }

    /// Waits until the worker, which must be born, has ended.
    pub(super) async fn death(&self) -> Death {
        poll_fn(|cx| match &*self.stage.borrow() {
            Stage::Asked | Stage::Alive(_) => self.wait(cx),
            Stage::Ended(death) => Poll::Ready(*death),
            Stage::Unborn(_) => unreachable!("only a worker that was born is waited for"),
        })
        .await
    }

    /// Waits until the worker has ended, or could not be forked.
    pub(super) async fn end(&self) {
        poll_fn(|cx| match &*self.stage.borrow() {
            Stage::Asked | Stage::Alive(_) => self.wait(cx),
            Stage::Ended(_) | Stage::Unborn(_) => Poll::Ready(()),
        })
        .await
    }

    fn wait<T>(&self, cx: &mut Context<'_>) -> Poll<T> {
        let mut waiters = self.waiters.borrow_mut();
        // They are the loop's own tasks, whose wakers run no code of others.
        if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
            waiters.push(TaskWaker::of(cx.waker()));
        }
        Poll::Pending
    }
}

/// The same error once more: `io::Error` cannot be cloned.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
