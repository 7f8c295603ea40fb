//! The thread pool: blocking calls beside a running loop.
//!
//! Threads start when a job finds none idle, up to the pool's size, and wait for the next job then. A result is
//! stored in the job's slot and announced by a post, so that the loop learns of it in two turns, as in asyncio.

use crate::error::JoinError;
use crate::event_loop::context::{NO_LOOP, with_running};
use crate::event_loop::{EventLoop, quietly};
use crate::handle::{Handle, RemoteHandle};
use crate::sys::fork_guard::Process;
use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread;

/// Runs a blocking call on the runtime's own thread pool, as asyncio's `to_thread`.
///
/// It need not be awaited to start, but the handle must be kept: dropping it drops the call if it has not begun. To let
/// a call run unattended, give the handle to a task: `spawn(spawn_blocking(...))`.
///
/// The pool has at most as many threads as there are processors and four more, and never over 32; further calls
/// queue. It is joined when the runtime ends: calls that run then are waited for, queued ones are dropped.
///
/// # Panics
/// If no loop runs on this thread.
///
/// # Examples
/// ```
/// # roundelay::run(async {
/// let text = roundelay::spawn_blocking(|| std::fs::read_to_string("/proc/self/comm")).await;
/// assert!(text.unwrap().is_ok());
/// # });
/// ```
#[track_caller]
#[doc(alias = "run_in_executor")]
pub fn spawn_blocking<R, F>(call: F) -> JobHandle<R>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    let called_at = Location::caller();
    let pool = with_running(|event_loop| {
        event_loop.service(|| ThreadPool::named(default_size(), "roundelay-blocking"))
    });
    match pool {
        Some(pool) => pool.submit_at(call, called_at),
        None => panic!("{NO_LOOP}"),
    }
}

/// The same as [`spawn_blocking`], under asyncio's name.
///
/// # Panics
/// If no loop runs on this thread.
#[track_caller]
pub fn to_thread<R, F>(call: F) -> JobHandle<R>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    spawn_blocking(call)
}

fn default_size() -> usize {
    thread::available_parallelism()
        .map_or(1, usize::from)
        .saturating_add(4)
        .min(32)
}

/// A pool of threads for blocking calls.
///
/// Dropping it drops the queued calls and waits for those that run. A forked child cannot use it.
///
/// # Examples
/// ```
/// use roundelay::pool::ThreadPool;
/// # roundelay::run(async {
/// let pool = ThreadPool::new(2);
/// let squares = [1, 2, 3].map(|n| pool.submit(move || n * n));
/// for (n, square) in (1..).zip(squares) {
///     assert_eq!(square.await.unwrap(), n * n);
/// }
/// # });
/// ```
#[doc(alias = "ThreadPoolExecutor")]
pub struct ThreadPool {
    shared: Arc<Shared>,
    /// The process that has the threads; a forked child has none of them.
    process: Process,
}

/// What the threads of a pool share.
struct Shared {
    state: Mutex<State>,
    /// Notified when a job comes, and when the pool closes.
    changed: Condvar,
    size: usize,
    name: String,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn FnOnce() + Send>>,
    /// How many threads wait for a job. As long as there are no more jobs than these, each job has its thread.
    idle: usize,
    threads: Vec<thread::JoinHandle<()>>,
    closed: bool,
}

impl ThreadPool {
    /// Makes a pool of at most `size` threads. None is started before it is needed.
    ///
    /// # Panics
    /// If `size` is zero.
    #[track_caller]
    pub fn new(size: usize) -> Self {
        Self::named(size, "roundelay-pool")
    }

    /// Makes a pool whose threads are named `name-0`, `name-1` and so on.
    ///
    /// # Panics
    /// If `size` is zero.
    #[track_caller]
    pub fn named(size: usize, name: &str) -> Self {
        assert!(
            size > 0,
            "a thread pool of 0 threads could never run a call: give it at least one"
        );
        ThreadPool {
            shared: Arc::new(Shared {
                state: Mutex::default(),
                changed: Condvar::new(),
                size,
                name: name.to_owned(),
            }),
            process: Process::current(),
        }
    }

    /// Gives a call to the pool, which starts it as soon as a thread is free, first come first served.
    ///
    /// # Panics
    /// If no loop runs on this thread.
    #[track_caller]
    pub fn submit<R, F>(&self, call: F) -> JobHandle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.submit_at(call, Location::caller())
    }

    #[track_caller]
    fn submit_at<R, F>(&self, call: F, called_at: &'static Location<'static>) -> JobHandle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        let remote = Handle::current().remote();
        with_running(EventLoop::job_submitted);
        let slot = Arc::new(Slot(Mutex::new(Progress::Queued)));
        let job = job(call, Arc::clone(&slot), remote);
        let pushed = if self.process.is_current() {
            self.shared.push(job)
        } else {
            Err(io::Error::other(
                "the pool belongs to the process that this one was forked from: make a new one here",
            ))
        };
        if let Err(error) = pushed {
            with_running(EventLoop::job_finished);
            let message = format!("no thread could be started for it: {error}");
            *slot.lock() = Progress::Over(Err(Box::new(message)));
        }
        JobHandle { slot, called_at }
    }
}

/// Wraps a call: skips it if nobody wants it any more, runs it, stores the result, and tells the loop.
fn job<R, F>(call: F, slot: Arc<Slot<R>>, remote: RemoteHandle) -> Box<dyn FnOnce() + Send>
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    let told = Told {
        slot: Arc::clone(&slot),
        remote,
    };
    Box::new(move || {
        let wanted = !matches!(*slot.lock(), Progress::Abandoned);
        if wanted {
            let result = catch_unwind(AssertUnwindSafe(call));
            slot.store(result);
        }
        drop(told);
    })
}

/// Tells the loop that a job is over, whether it ran or was dropped.
struct Told<R: Send + 'static> {
    slot: Arc<Slot<R>>,
    remote: RemoteHandle,
}

impl<R: Send + 'static> Drop for Told<R> {
    fn drop(&mut self) {
        let slot = Arc::clone(&self.slot);
        // A runtime that has ended has nobody left who waits.
        let _ = self.remote.post(move || {
            with_running(EventLoop::job_finished);
            slot.finish();
        });
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Queues a job, and sees to it that a thread will take it.
    fn push(self: &Arc<Self>, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let mut state = self.lock();
        if state.idle > state.jobs.len() {
            self.changed.notify_one();
        } else if state.threads.len() < self.size {
            let shared = Arc::clone(self);
            let name = format!("{}-{}", self.name, state.threads.len());
            match thread::Builder::new()
                .name(name)
                .spawn(move || shared.work())
            {
                Ok(thread) => state.threads.push(thread),
                // With threads there are, the job waits for one of them.
                Err(error) if state.threads.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        Ok(())
    }

    /// A thread's life.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                // The call's own panic is its result; here it is one of what the job drops.
                quietly(job);
                state = self.lock();
            } else if state.closed {
                return;
            } else {
                state.idle += 1;
                while state.jobs.is_empty() && !state.closed {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(|poisoned| poisoned.into_inner());
                }
                state.idle -= 1;
            }
        }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        if !self.process.is_current() {
            // The threads, and whoever held the lock, stayed with the parent.
            return;
        }
        let (jobs, threads) = {
            let mut state = self.shared.lock();
            state.closed = true;
            (
                std::mem::take(&mut state.jobs),
                std::mem::take(&mut state.threads),
            )
        };
        self.shared.changed.notify_all();
        for job in jobs {
            quietly(|| drop(job));
        }
        for thread in threads {
            // A call that owns the pool may drop it, on one of its own threads.
            if thread.thread().id() != thread::current().id() {
                // Jobs catch their panics.
                let _ = thread.join();
            }
        }
    }
}

/// Where a job's result waits.
struct Slot<R>(Mutex<Progress<R>>);

enum Progress<R> {
    /// Not over, and nobody waits yet.
    Queued,
    /// Not over, and this waker waits.
    Awaited(Waker),
    /// Nobody wants the result.
    Abandoned,
    /// Over, but the loop has not been told; the waker waits, if there is one.
    Stored(Result<R, Box<dyn Any + Send>>, Option<Waker>),
    /// Over, and the loop knows.
    Over(Result<R, Box<dyn Any + Send>>),
    /// Dropped by the pool before it ran, or its result was taken.
    Gone,
}

impl<R> Slot<R> {
    fn lock(&self) -> MutexGuard<'_, Progress<R>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The thread's: stores the result.
    fn store(&self, result: Result<R, Box<dyn Any + Send>>) {
        let mut progress = self.lock();
        let waker = match std::mem::replace(&mut *progress, Progress::Gone) {
            Progress::Awaited(waker) => Some(waker),
            Progress::Abandoned => {
                *progress = Progress::Abandoned;
                drop(progress);
                // Nobody is there to receive it: it ends here, on the thread that made it.
                quietly(|| drop(result));
                return;
            }
            _ => None,
        };
        *progress = Progress::Stored(result, waker);
    }

    /// The loop's: the job is over.
    fn finish(&self) {
        let mut progress = self.lock();
        let waker = match std::mem::replace(&mut *progress, Progress::Gone) {
            Progress::Stored(result, waker) => {
                *progress = Progress::Over(result);
                waker
            }
            Progress::Awaited(waker) => Some(waker),
            _ => None,
        };
        drop(progress);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A call that was given to a thread pool; await it for the result.
///
/// Dropping it drops the call if it has not begun; a call that runs goes on, and its result is dropped.
///
/// # Errors
/// Awaiting gives a [`JoinError`] if the call panicked, if the pool was dropped before the call began, or if no thread
/// could be started.
#[must_use = "dropping it drops the call if it has not begun"]
pub struct JobHandle<R> {
    slot: Arc<Slot<R>>,
    called_at: &'static Location<'static>,
}

impl<R> Future for JobHandle<R> {
    type Output = Result<R, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Made before and dropped after the slot is locked: for somebody else's waker that is code of others.
        let waker = cx.waker().clone();
        let mut progress = self.slot.lock();
        let (next, poll, before) = match std::mem::replace(&mut *progress, Progress::Gone) {
            Progress::Over(result) => {
                let result = result.map_err(|panic| {
                    JoinError::panicked(panic, "a job".to_owned(), self.called_at)
                });
                (Progress::Gone, Poll::Ready(result), None)
            }
            Progress::Stored(result, before) => {
                let next = Progress::Stored(result, Some(waker));
                (next, Poll::Pending, before)
            }
            Progress::Awaited(before) => (Progress::Awaited(waker), Poll::Pending, Some(before)),
            Progress::Queued => (Progress::Awaited(waker), Poll::Pending, None),
            Progress::Abandoned | Progress::Gone => {
                let error = JoinError::closed("a job".to_owned(), self.called_at);
                (Progress::Gone, Poll::Ready(Err(error)), None)
            }
        };
        *progress = next;
        drop(progress);
        drop(before);
        poll
    }
}

impl<R> Drop for JobHandle<R> {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *self.slot.lock(), Progress::Abandoned);
        drop(before);
    }
}
