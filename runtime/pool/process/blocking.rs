//! A process pool for threads without a loop: a hidden thread runs one for it.

use super::{Builder, ProcessPool};
use crate::event_loop::context::with_running;
use crate::event_loop::{EventLoop, Settings};
use crate::handle::{Handle, RemoteHandle};
use crate::pool::blocking::BlockingJob;
use crate::pool::error::PoolError;
use crate::pool::interface::Passable;
use crate::pool::mailbox::Mailbox;
use crate::pool::map::MapError;
use crate::pool::stats::Stats;
use crate::sync::Event;
use crate::sys::fork_guard::Process;
use crate::task::spawn;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// A pool of worker processes for programs, or threads, without a loop; as
/// [`ProcessPool`] otherwise. It may go to other threads.
///
/// The handle can be cloned; all clones are the same pool. Dropping the last one kills what runs.
///
/// ```
/// use roundelay::pool::process::BlockingPool;
///
/// // No loop runs here.
/// let pool = BlockingPool::new(2).unwrap();
/// let jobs = [20, 22].map(|n: u64| pool.submit_blocking(|n| n * 2, n));
/// let sum: u64 = jobs.into_iter().map(|job| job.result().unwrap()).sum();
/// assert_eq!(sum, 84);
/// ```
#[doc(alias = "ProcessPoolExecutor")]
#[derive(Clone)]
pub struct BlockingPool {
    /// Ends the hidden thread with its last clone.
    owner: Arc<Owner>,
}

struct Owner {
    /// The hidden thread's loop.
    remote: RemoteHandle,
    /// The thread; taken to be joined.
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    /// The process that has it.
    process: Process,
}

/// What the hidden loop keeps.
struct Hidden {
    pool: ProcessPool,
    /// Set when the loop is to end.
    over: Event,
}

impl BlockingPool {
    /// Makes a pool of at most `workers` processes.
    ///
    /// # Errors
    ///
    /// If the hidden thread or its loop cannot be made.
    ///
    /// # Panics
    ///
    /// If there is to be no worker.
    #[track_caller]
    pub fn new(workers: usize) -> io::Result<BlockingPool> {
        ProcessPool::builder().workers(workers).build_blocking()
    }

    #[track_caller]
    pub(super) fn with(builder: Builder) -> io::Result<BlockingPool> {
        let (made, (ready, is_ready)) = (Location::caller(), channel());
        let thread = thread::Builder::new()
            .name("roundelay-pool".to_owned())
            .spawn(move || {
                if let Err(error) = live(builder, made, &ready) {
                    // The one who made the pool waits for this, or has what it needs.
                    let _ = ready.send(Err(error));
                }
            })?;
        match is_ready.recv() {
            Ok(Ok(remote)) => Ok(BlockingPool {
                owner: Arc::new(Owner {
                    remote,
                    thread: Mutex::new(Some(thread)),
                    process: Process::current(),
                }),
            }),
            other => {
                // It has ended, or is about to.
                let _ = thread.join();
                let ended = || io::Error::other("the hidden thread of the pool ended");
                Err(other.map_or_else(|_| ended(), |made| made.err().unwrap_or_else(ended)))
            }
        }
    }

    /// Gives a call to the pool; see [`ProcessPool::submit`].
    ///
    /// It never blocks: in a pool with a [`queue_limit`](Builder::queue_limit) a call that finds no place waits in line for
    /// one.
    ///
    /// # Errors
    ///
    /// The job's.
    #[track_caller]
    pub fn submit_blocking<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> BlockingJob<R> {
        let submitted = Location::caller();
        let mailbox = Mailbox::new(submitted);
        let stop = Arc::new(Stop::default());
        let (answer, stopped) = (Answer(mailbox.clone()), stop.clone());
        self.post(move |hidden| {
            let submit = || hidden.pool.call(function, argument).submit_from(submitted);
            let mut job = match caught(submitted, submit) {
                Ok(job) => job,
                Err(panic) => return answer.give(Err(panic)),
            };
            let result = poll_fn(move |cx| {
                if stopped.poll(cx) {
                    return Poll::Ready(Err(PoolError::Cancelled { submitted }));
                }
                Pin::new(&mut job).poll(cx)
            });
            answer.give_output(submitted, result);
        });
        BlockingJob::new(mailbox, Box::new(move || stop.stop()))
    }

    /// Calls a function with each of the items in chunks, and blocks until all have been done; see
    /// [`ProcessPool::map`].
    ///
    /// # Errors
    ///
    /// The first that comes, in the order of the items; the rest is given up then.
    ///
    /// # Panics
    ///
    /// If a loop runs on this thread.
    ///
    /// ```
    /// use roundelay::pool::process::BlockingPool;
    ///
    /// let pool = BlockingPool::new(2).unwrap();
    /// assert_eq!(pool.map_blocking(|n: u8| n * 2, [1, 2, 3]).unwrap(), [2, 4, 6]);
    /// ```
    #[track_caller]
    pub fn map_blocking<A: Passable, R: Passable>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: Send + 'static>,
    ) -> Result<Vec<R>, MapError> {
        let submitted = Location::caller();
        let items = items.into_iter();
        let result = self.ask(submitted, move |hidden| {
            let map = hidden.pool.map_from(function, items, true, submitted);
            map.collect()
        });
        result.unwrap_or_else(|error| Err(MapError::of_none(error)))
    }

    /// Takes no more calls, and blocks until those that were accepted are done and the workers have ended in peace; see
    /// [`ProcessPool::shutdown`].
    ///
    /// # Panics
    ///
    /// If a loop runs on this thread.
    #[track_caller]
    pub fn shutdown_blocking(&self) {
        let end = |hidden: Rc<Hidden>| async move { hidden.pool.shutdown().await };
        // An error says that there is nothing left to end.
        let _ = self.ask(Location::caller(), end);
    }

    /// Drops the calls that no worker has, and returns how many they were; see [`ProcessPool::cancel_queued`].
    ///
    /// # Panics
    ///
    /// If a loop runs on this thread.
    #[track_caller]
    pub fn cancel_queued(&self) -> usize {
        let cancel = |hidden: Rc<Hidden>| async move { hidden.pool.cancel_queued() };
        self.ask(Location::caller(), cancel).unwrap_or(0)
    }

    /// Takes no more calls and kills those that run; see [`ProcessPool::close`].
    pub fn close(&self) {
        self.post(|hidden| hidden.pool.close());
    }

    /// Returns what the pool has done and does.
    ///
    /// # Errors
    ///
    /// [`PoolError::Closed`] if the hidden thread has ended.
    ///
    /// # Panics
    ///
    /// If a loop runs on this thread.
    #[track_caller]
    pub fn stats(&self) -> Result<Stats, PoolError> {
        let stats = |hidden: Rc<Hidden>| async move { hidden.pool.stats() };
        self.ask(Location::caller(), stats)
    }

    /// Has something done in the hidden loop. If that has ended, `act` is dropped.
    fn post(&self, act: impl FnOnce(Rc<Hidden>) + Send + 'static) {
        let posted = self.owner.remote.post(move || {
            if let Some(hidden) = with_running(|event_loop| event_loop.find_service()).flatten() {
                act(hidden);
            }
        });
        // What was dropped has told whoever waits for it.
        let _ = posted;
    }

    /// Has a future run in the hidden loop, and blocks until it has its output.
    #[track_caller]
    fn ask<T, F>(
        &self,
        submitted: &'static Location<'static>,
        begin: impl FnOnce(Rc<Hidden>) -> F + Send + 'static,
    ) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let mailbox = Mailbox::new(submitted);
        let answer = Answer(mailbox.clone());
        self.post(move |hidden| match caught(submitted, || begin(hidden)) {
            Ok(future) => answer.give_output(submitted, async move { Ok(future.await) }),
            Err(panic) => answer.give(Err(panic)),
        });
        BlockingJob::new(mailbox, Box::new(|| false)).result()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if !self.process.is_current() {
            return;
        }
        let end = || {
            let hidden = with_running(|event_loop| event_loop.find_service::<Hidden>());
            if let Some(hidden) = hidden.flatten() {
                hidden.over.set();
            }
        };
        // If the loop has ended, the thread has.
        let _ = self.remote.post(end);
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // What a call drops in the hidden loop may hold the last handle; then the thread ends by itself.
        if let Some(thread) = thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // Its panic has been printed, and there is nothing left that it could hold up.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for BlockingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPool").finish_non_exhaustive()
    }
}

/// Lives as the hidden thread.
fn live(
    builder: Builder,
    made: &'static Location<'static>,
    ready: &Sender<io::Result<RemoteHandle>>,
) -> io::Result<()> {
    let event_loop = EventLoop::new(settings())?;
    let main = async {
        let pool = builder.build_from(made)?;
        let over = Event::new();
        let hidden = with_running(|event_loop| event_loop.service(move || Hidden { pool, over }));
        let hidden = hidden.expect("this runs in the loop");
        // The one who makes the pool waits for it.
        let _ = ready.send(Ok(Handle::current().remote()));
        hidden.over.wait().await;
        hidden.pool.close();
        io::Result::Ok(())
    };
    let end = event_loop.run_main(main, made, None);
    event_loop.close();
    match end {
        Ok(crate::event_loop::main_task::MainEnd::Returned(result)) => result,
        Ok(_) => Err(io::Error::other("the hidden loop of the pool was stopped")),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// The hidden loop's settings: the usual ones.
fn settings() -> Settings {
    Settings {
        strict: false,
        debug: false,
        virtual_clock: false,
        timer_resolution: Duration::from_millis(1),
        eager_start: false,
        observer: None,
        on_unhandled: None,
        unhandled_fallback: |unhandled| eprintln!("roundelay: {unhandled}"),
        permutation: None,
        spurious: None,
    }
}

/// Where an answer is awaited. Dropped without one, it says that the pool is closed.
struct Answer<R>(Arc<Mailbox<R>>);

impl<R> Answer<R> {
    fn give(self, result: Result<R, PoolError>) {
        drop(self.0.put(result));
    }
}

impl<R: 'static> Answer<R> {
    /// Gives what a future will bring; the loop that runs polls it.
    fn give_output(
        self,
        submitted: &'static Location<'static>,
        future: impl Future<Output = Result<R, PoolError>> + 'static,
    ) {
        drop(spawn(async move {
            let mut future = pin!(future);
            let result = poll_fn(|cx| {
                caught(submitted, || future.as_mut().poll(cx))
                    .unwrap_or_else(|panic| Poll::Ready(Err(panic)))
            });
            self.give(result.await);
        }));
    }
}

/// Runs code of the caller's (an iterator, a `Serialize`) in the hidden loop: its panic is the caller's error.
fn caught<T>(
    submitted: &'static Location<'static>,
    run: impl FnOnce() -> T,
) -> Result<T, PoolError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| PoolError::panicked(payload, submitted))
}

impl<R> Drop for Answer<R> {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// A wish that a call be stopped.
#[derive(Default)]
struct Stop(Mutex<(bool, Option<Waker>)>);

impl Stop {
    /// Utters it. Returns whether it is the first time.
    fn stop(&self) -> bool {
        let mut wish = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !std::mem::replace(&mut wish.0, true);
        let waker = wish.1.take();
        drop(wish);
        waker.into_iter().for_each(Waker::wake);
        is_first
    }

    /// Whether it was uttered; if not, wakes the task when it is.
    fn poll(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut wish = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = wish.1.replace(waker);
        let uttered = wish.0;
        drop(wish);
        drop(before);
        uttered
    }
}
