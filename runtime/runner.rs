//! Running: `run` for one main future, `Runtime` and `Builder` for more control.

use crate::error::RunError;
use crate::event_loop::chaos::Chaos;
use crate::event_loop::main_task::MainEnd;
use crate::event_loop::observer::Observer;
use crate::event_loop::{EventLoop, Settings};
use crate::handle::{CallHandle, Handle, RemoteHandle};
use crate::task::JoinHandle;
use std::io;
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Runs a future to its end on a new event loop, as asyncio's `run`, and returns its output.
///
/// When the future has ended, the tasks that are left are cancelled and given 10 seconds for their clean-up, and the loop
/// is closed. The future runs as a task and may borrow from its surroundings.
///
/// # Panics
/// If the future panics, with its panic; if a loop runs on this thread already, if the loop cannot be made, if it is
/// stopped, or if tasks do not end when they are cancelled: [`try_run`] gives these as errors.
///
/// # Examples
/// ```
/// let sum = roundelay::run(async {
///     let task = roundelay::spawn(async { 20 });
///     task.await.unwrap() + 22
/// });
/// assert_eq!(sum, 42);
/// ```
#[track_caller]
pub fn run<F: Future>(main: F) -> F::Output {
    let called_at = Location::caller();
    unwrap(try_run_at(main, called_at))
}

/// Runs a future to its end on a new event loop, like [`run`], and reports what prevents it.
///
/// # Errors
/// If a loop runs on this thread already, the loop cannot be made (out of descriptors, say), its system calls fail,
/// or it is stopped before the future ends.
///
/// # Panics
/// If the future panics, with its panic.
#[track_caller]
pub fn try_run<F: Future>(main: F) -> Result<F::Output, RunError> {
    try_run_at(main, Location::caller())
}

fn try_run_at<F: Future>(
    main: F,
    called_at: &'static Location<'static>,
) -> Result<F::Output, RunError> {
    if crate::event_loop::context::Running::anywhere() {
        return Err(RunError::Nested);
    }
    let runtime = Runtime::new()?;
    let output = runtime.run_at(main, called_at);
    let shutdown = runtime.shutdown_at(called_at);
    let output = output?;
    shutdown?;
    Ok(output)
}

#[track_caller]
fn unwrap<T>(result: Result<T, RunError>) -> T {
    match result {
        Ok(output) => output,
        Err(error) => panic!("{error}"),
    }
}

/// An event loop and what it owns. Lives on one thread.
///
/// It can run several times; tasks that have not ended go on in the next run. Dropping it drops its tasks at once;
/// [`shutdown`](Runtime::shutdown) cancels them and gives them turns to end.
pub struct Runtime {
    event_loop: Rc<EventLoop>,
    shutdown_grace: Duration,
}

impl Runtime {
    /// Makes a runtime with the default settings.
    ///
    /// # Errors
    /// If the descriptors it needs cannot be had.
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// Returns a builder, for other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs a future to its end and returns its output, as asyncio's `run_until_complete`.
    ///
    /// The loop finishes the batch in which the future ends, and one batch more. Tasks that are left wait for the
    /// next run.
    ///
    /// # Panics
    /// If the future panics, with its panic; in the cases in which [`try_run`](Runtime::try_run) fails.
    #[track_caller]
    #[doc(alias = "run_until_complete")]
    #[doc(alias = "block_on")]
    pub fn run<F: Future>(&self, main: F) -> F::Output {
        unwrap(self.run_at(main, Location::caller()))
    }

    /// Runs a future to its end, like [`run`](Runtime::run), and reports what prevents it.
    ///
    /// # Errors
    /// If a loop runs on this thread already, the loop's system calls fail, it is stopped before the future ends,
    /// or this process was forked from the one that made the runtime.
    ///
    /// # Panics
    /// If the future panics, with its panic. The runtime stays usable.
    #[track_caller]
    pub fn try_run<F: Future>(&self, main: F) -> Result<F::Output, RunError> {
        self.run_at(main, Location::caller())
    }

    fn run_at<F: Future>(
        &self,
        main: F,
        called_at: &'static Location<'static>,
    ) -> Result<F::Output, RunError> {
        match self.event_loop.run_main(main, called_at)? {
            MainEnd::Returned(output) => Ok(output),
            MainEnd::Stopped => Err(RunError::Stopped),
            MainEnd::Failed(error) => match error.into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(error) => Err(RunError::Cancelled(error)),
            },
        }
    }

    /// Runs turns until [`stop`](Runtime::stop) is called. A stop before it lets exactly one turn run.
    ///
    /// # Errors
    /// If a loop runs on this thread already, or the loop's system calls fail.
    pub fn run_forever(&self) -> Result<(), RunError> {
        self.event_loop.run_until_stopped()
    }

    /// Cancels the tasks that are left, waits for their clean-up, and closes the loop, as the end of asyncio's `run`.
    ///
    /// It waits for as long as [`shutdown_grace`](Builder::shutdown_grace) says, in the loop's time.
    ///
    /// # Errors
    /// [`RunError::Stuck`] with the tasks that had not ended by then and were dropped; if a loop runs on this thread, or
    /// the loop's system calls fail: what is left is dropped then, too.
    #[track_caller]
    pub fn shutdown(self) -> Result<(), RunError> {
        self.shutdown_at(Location::caller())
    }

    fn shutdown_at(self, called_at: &'static Location<'static>) -> Result<(), RunError> {
        let stuck = self.event_loop.end_tasks(self.shutdown_grace, called_at);
        self.event_loop.close();
        match stuck?.as_slice() {
            [] => Ok(()),
            stuck => Err(RunError::Stuck(stuck.to_vec())),
        }
    }

    /// Returns a handle for this thread.
    pub fn handle(&self) -> Handle {
        Handle(Rc::downgrade(&self.event_loop))
    }

    /// Returns a handle for other threads.
    pub fn remote(&self) -> RemoteHandle {
        self.handle().remote()
    }

    /// Spawns a task; it takes its first step in the next run. See [`spawn`](crate::spawn).
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.handle().spawn(future)
    }

    /// Queues a callback; see [`Handle::call_soon`].
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_soon(callback)
    }

    /// Runs a callback after a delay; see [`Handle::call_later`].
    pub fn call_later(&self, delay: Duration, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_later(delay, callback)
    }

    /// Runs a callback at an instant; see [`Handle::call_at`].
    pub fn call_at(&self, when: Instant, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_at(when, callback)
    }

    pub(crate) fn with_loop<R>(&self, f: impl FnOnce(&EventLoop) -> R) -> R {
        f(&self.event_loop)
    }

    /// Ends [`run_forever`](Runtime::run_forever) after the current batch.
    pub fn stop(&self) {
        self.event_loop.stop();
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.event_loop.close();
    }
}

/// Settings for a runtime.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// // Three hundred years pass in no time.
/// let runtime = roundelay::Runtime::builder().virtual_clock(true).build()?;
/// runtime.run(roundelay::sleep(Duration::from_secs(300 * 365 * 86_400)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    settings: Settings,
    shutdown_grace: Duration,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            settings: Settings {
                strict: false,
                virtual_clock: false,
                timer_resolution: Duration::from_millis(1),
                observer: None,
                permutation: None,
                spurious: None,
            },
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

impl Builder {
    /// Looks at sources, timers and the inbox before every batch, as asyncio does. Off by default.
    ///
    /// Without it the loop looks when that can matter: when nothing is ready, when this thread did something that
    /// can make one of its own sources ready, after 128 entries, and about every 4 ms. A
    /// program can tell the difference only by what comes from outside, a little earlier or later.
    pub fn strict(mut self, strict: bool) -> Self {
        self.settings.strict = strict;
        self
    }

    /// Gives the loop a clock that jumps to the next deadline whenever nothing else can happen. Off by default.
    ///
    /// While a pool's job is running or somebody waits for a source, time passes at its real pace instead.
    pub fn virtual_clock(mut self, virtual_clock: bool) -> Self {
        self.settings.virtual_clock = virtual_clock;
        self
    }

    /// Sets how late a timer may be so that it shares a wake-up with others. The default is 1 ms.
    ///
    /// It matters only when more than eight timers are due within this time of each other; fewer are each woken for
    /// exactly. Zero wakes for each exactly, which for 100,000 sleeps costs several times the processor time.
    pub fn timer_resolution(mut self, resolution: Duration) -> Self {
        self.settings.timer_resolution = resolution;
        self
    }

    /// Sets how long [`Runtime::shutdown`], and with it the end of [`run`], waits for cancelled tasks to end. The default
    /// is 10 seconds; asyncio waits for ever, which `Duration::MAX` does.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }

    /// Lets a seed choose what asyncio leaves open: the order of timers with equal deadlines, and that in which a task
    /// group or a shutdown cancels its tasks. For tests: a program must not depend on it. The default is the order of creation.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.permutation = Some(Chaos::new(seed));
        self
    }

    /// Polls tasks that nobody woke, drawn from a seed, now and then. For tests: a future must bear it, and the order of events stays.
    /// Implies [`strict`](Builder::strict).
    pub fn spurious_polls(mut self, seed: u64) -> Self {
        self.settings.spurious = Some(Chaos::new(seed));
        self
    }

    /// Lets somebody listen to what happens in the loop.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observer = Some(Box::new(observer));
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// If the descriptors it needs cannot be had.
    pub fn build(self) -> io::Result<Runtime> {
        Ok(Runtime {
            event_loop: EventLoop::new(self.settings)?,
            shutdown_grace: self.shutdown_grace,
        })
    }
}
