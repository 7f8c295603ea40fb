//! Running: `run` for one main future, `Runtime` and `Builder` for more control.

use crate::error::{CancelReason, Cancelled, Deadlock, RunError, Unhandled};
use crate::event_loop::chaos::Chaos;
use crate::event_loop::main_task::MainEnd;
use crate::event_loop::observer::Observer;
use crate::event_loop::{EventLoop, Settings};
use crate::handle::{CallHandle, Handle, RemoteHandle};
use crate::sys::interrupt::{Interrupt, die_interrupted};
use crate::task::{JoinHandle, TaskInfo};
use crate::trace::live::Watchdog;
use crate::trace::stall::{self, Stall, Watch};
use crate::trace::{self, Check, Recorder};
use std::io::{self, Write};
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Runs a future to its end on a new event loop, as asyncio's `run`, and returns its output.
///
/// When the future has ended, the tasks that are left are cancelled and given 10 seconds for their clean-up, and the
/// loop is closed. The future runs as a task and may borrow from its surroundings.
///
/// Ctrl-C cancels the future. If it ends by that, the process is ended by SIGINT, as whoever started it expects, when
/// the tasks that are left have ended; see [`Builder::ctrl_c`].
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
/// it is stopped before the future ends, nothing can wake any task any more, or it is interrupted by Ctrl-C.
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
        Err(RunError::Interrupted) => {
            // What was printed would be lost, and nothing can be done if that cannot be helped.
            let _ = io::stdout().flush();
            die_interrupted()
        }
        Err(error) => panic!("{error}"),
    }
}

/// An event loop and what it owns. Lives on one thread.
///
/// It can run several times; tasks that have not ended go on in the next run. Dropping it drops its tasks at once;
/// [`shutdown`](Runtime::shutdown) cancels them and gives them turns to end.
#[doc(alias = "Runner")]
#[doc(alias = "new_event_loop")]
pub struct Runtime {
    event_loop: Rc<EventLoop>,
    shutdown_grace: Duration,
    ctrl_c: bool,
    /// Answers those who ask what the loop does. Its thread ends after the loop.
    _watchdog: Option<Watchdog>,
    /// Watches for steps that last too long. Its thread ends after the loop.
    _watch: Option<Watch>,
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
    /// If Ctrl-C ends the future, the process is ended by SIGINT, when the runtime's tasks have ended; see
    /// [`Builder::ctrl_c`].
    ///
    /// # Panics
    /// If the future panics, with its panic; in the cases in which [`try_run`](Runtime::try_run) fails.
    #[track_caller]
    #[doc(alias = "run_until_complete")]
    #[doc(alias = "block_on")]
    pub fn run<F: Future>(&self, main: F) -> F::Output {
        let called_at = Location::caller();
        let result = self.run_at(main, called_at);
        if let Err(RunError::Interrupted) = result {
            // The process is about to end, and the tasks that are left get their time first.
            let _ = self.event_loop.end_tasks(self.shutdown_grace, called_at);
            self.event_loop.close();
        }
        unwrap(result)
    }

    /// Runs a future to its end, like [`run`](Runtime::run), and reports what prevents it.
    ///
    /// # Errors
    /// If a loop runs on this thread already, the loop's system calls fail, it is stopped before the future ends, nothing can
    /// wake any task any more (see [`Deadlock`]), or this process was forked from the one that made the runtime.
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
        self.event_loop.may_run()?;
        let interrupt = match self.ctrl_c {
            true => Interrupt::begin(&self.event_loop.reactor.waker)?,
            false => None,
        };
        let came = interrupt.as_ref().map(Interrupt::came);
        let end = self.event_loop.run_main(main, called_at, came);
        drop(interrupt);
        match end? {
            MainEnd::Returned(output) => Ok(output),
            MainEnd::Stopped => Err(RunError::Stopped),
            MainEnd::Failed(error) => match error.into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(error) => Err(match error.cancelled().map(Cancelled::reason) {
                    Some(CancelReason::Interrupt) => RunError::Interrupted,
                    _ => RunError::Cancelled(error),
                }),
            },
        }
    }

    /// Runs turns until [`stop`](Runtime::stop) is called. A stop before it lets exactly one turn run.
    ///
    /// # Errors
    /// If a loop runs on this thread already, or the loop's system calls fail. If nothing can come to the loop any more: no task
    /// can be woken, and nobody has a [`RemoteHandle`] to bring something; see [`Deadlock`].
    pub fn run_forever(&self) -> Result<(), RunError> {
        self.event_loop.run_until_stopped()
    }

    /// Cancels the tasks that are left, waits for their clean-up, and closes the loop, as the end of asyncio's `run`.
    ///
    /// It waits for as long as [`shutdown_grace`](Builder::shutdown_grace) says, in the loop's time.
    ///
    /// # Errors
    /// [`RunError::Stuck`] with the tasks that had not ended by then and were dropped; if a loop runs on this thread,
    /// or the loop's system calls fail: what is left is dropped then, too.
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
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_soon(callback)
    }

    /// Runs a callback after a delay; see [`Handle::call_later`].
    #[track_caller]
    pub fn call_later(&self, delay: Duration, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_later(delay, callback)
    }

    /// Runs a callback at an instant; see [`Handle::call_at`].
    #[track_caller]
    pub fn call_at(&self, when: Instant, callback: impl FnOnce() + 'static) -> CallHandle {
        self.handle().call_at(when, callback)
    }

    /// Returns the tasks that have not ended, oldest first; see [`tasks`](crate::tasks).
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.event_loop.tasks()
    }

    /// Says who has to bring something for the loop to go on, and what its tasks wait for; `None` while it has something to do or
    /// to wait for: something is ready or runs, a timer is set, somebody waits for a descriptor, or a job is on its way.
    ///
    /// It polls nothing. A deadlock that is [certain](crate::Verdict::Certain) ends a run by itself; one that is
    /// [possible](crate::Verdict::Possible) or [external](crate::Verdict::External) is to be had here only.
    ///
    /// # Examples
    /// ```
    /// use roundelay::{Runtime, Verdict, sync::Event};
    /// let runtime = Runtime::new().unwrap();
    /// drop(runtime.spawn(async { Event::new().wait().await }));
    /// assert!(runtime.diagnose().is_none()); // The task is to run first.
    /// assert!(runtime.run_forever().is_err());
    /// assert_eq!(runtime.diagnose().unwrap().verdict(), Verdict::Certain);
    /// let remote = runtime.remote();
    /// assert_eq!(runtime.diagnose().unwrap().verdict(), Verdict::External);
    /// # drop(remote);
    /// ```
    pub fn diagnose(&self) -> Option<Deadlock> {
        self.event_loop.diagnose()
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
    ctrl_c: bool,
    live: bool,
    /// What `stall_after` said; `None` for what the environment says.
    stall_after: Option<Duration>,
    on_stall: Option<stall::Handler>,
    /// What `debug` said; `None` for what the environment says.
    debug: Option<bool>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            settings: Settings {
                // For running a whole test suite in these modes: `--cfg roundelay_strict`, `--cfg roundelay_spurious`.
                strict: cfg!(roundelay_strict),
                debug: false,
                virtual_clock: false,
                timer_resolution: Duration::from_millis(1),
                eager_start: false,
                observer: None,
                on_unhandled: None,
                unhandled_fallback: print_unhandled,
                permutation: None,
                spurious: cfg!(roundelay_spurious).then(|| Chaos::new(1)),
            },
            shutdown_grace: Duration::from_secs(10),
            ctrl_c: true,
            live: false,
            stall_after: None,
            on_stall: None,
            debug: None,
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

    /// Notes what each task waits for, at which line and since when, also while nobody observes the loop.
    ///
    /// A report of a [`Deadlock`](crate::Deadlock) then names locks, queues and lines, not only tasks and joins. It costs some
    /// nanoseconds at each wait. By default it is on in builds with debug assertions; the environment can say otherwise with
    /// `ROUNDELAY_DEBUG=1` or `ROUNDELAY_DEBUG=0`, and this function goes before both.
    ///
    /// If it is switched on by one of these, steps that last longer than 100 ms are reported, too; see [`stall_after`](Builder::stall_after).
    #[doc(alias = "set_debug")]
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = Some(debug);
        self
    }

    /// Gives the loop a clock that jumps to the next deadline whenever nothing else can happen. Off by default.
    ///
    /// While a pool's job is running or somebody waits for a source, time passes at its real pace instead.
    ///
    /// With `ROUNDELAY_VIRTUAL_CLOCK=1` in its environment all loops of a program have one: for stories of a run that are to be
    /// the same each time, and for lessons.
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

    /// Sets how long [`Runtime::shutdown`], and with it the end of [`run`], waits for cancelled tasks to end. The
    /// default is 10 seconds; asyncio waits for ever, which `Duration::MAX` does.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }

    /// Runs the first step of every task within its spawn, as asyncio's `eager_task_factory`; see
    /// [`spawn_eager`](crate::spawn_eager). Off by default: it changes the order of nearly everything.
    #[doc(alias = "eager_task_factory")]
    pub fn eager_start(mut self, eager: bool) -> Self {
        self.settings.eager_start = eager;
        self
    }

    /// Lets Ctrl-C (SIGINT) cancel the main task, as in asyncio. On by default.
    ///
    /// It does so while a future is run on the process's main thread, if the program has not set a disposition of its
    /// own, nor was started with SIGINT ignored, as a shell script does with `&`. The first SIGINT cancels the main task, with [`CancelReason::Interrupt`](crate::CancelReason::Interrupt).
    /// If that ends by it, [`try_run`] gives [`RunError::Interrupted`], and [`run`] ends the process by SIGINT when
    /// its tasks have ended; if it catches the cancel, its output is what counts. A second SIGINT ends the process at
    /// once, as does one outside of runs.
    ///
    /// From the first such run on, the process handles SIGINT through the crate signal-hook. A program that later
    /// registers a handler of its own through that crate (as tokio does) and runs futures here, too, should turn this
    /// off.
    pub fn ctrl_c(mut self, ctrl_c: bool) -> Self {
        self.ctrl_c = ctrl_c;
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

    /// Lets others ask what the loop does while it runs, even while it is stuck in a step; see
    /// [`trace::live`](crate::trace::live). Off by default; `ROUNDELAY_LIVE=1` in the environment switches it on, too.
    ///
    /// It costs a thread, a few descriptors, and a little time for each event. While it is on, SIGQUIT prints the tasks
    /// on standard error and does not end the process, unless the program has set a disposition of its own.
    ///
    /// # Examples
    /// ```
    /// use roundelay::trace::live::{Question, ask};
    ///
    /// let runtime = roundelay::Runtime::builder().live(true).build()?;
    /// let tasks = runtime.run(async { ask(std::process::id(), Question::Ps) })?;
    /// assert!(tasks.contains("running"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn live(mut self, live: bool) -> Self {
        self.live = live;
        self
    }

    /// Reports every step of a task and every callback that holds up the loop for longer than this: which it was, why, and whom it
    /// hurt; see [`trace::stall`](crate::trace::stall). Off by default; `ROUNDELAY_STALL=100ms` in the environment switches it on where the program says
    /// nothing, and so do [`debug(true)`](Builder::debug) and `ROUNDELAY_DEBUG=1`, at 100 ms, where neither says. Zero switches it off.
    ///
    /// It costs a thread, and a little time for each event. With the crate's feature `stall` the report has the stack, for which the
    /// loop's thread gets a SIGURG during a stall: a system call that is not restarted by itself, such as `poll`, then ends early in the
    /// program's own hands, with EINTR. The standard library goes on waiting.
    ///
    /// # Examples
    /// ```
    /// use std::{sync::mpsc::channel, thread, time::Duration};
    ///
    /// let (tell, told) = channel();
    /// let runtime = roundelay::Runtime::builder()
    ///     .stall_after(Duration::from_millis(10))
    ///     .on_stall(move |stall| tell.send(stall.clone()).unwrap())
    ///     .build()?;
    /// runtime.run(async { thread::sleep(Duration::from_millis(100)) });
    /// drop(runtime);
    /// let stall = told.recv().unwrap();
    /// assert!(stall.is_over() && stall.wall() >= Duration::from_millis(100));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "slow_callback_duration")]
    pub fn stall_after(mut self, limit: Duration) -> Self {
        self.stall_after = Some(limit);
        self
    }

    /// Tells somebody of stalls, in the place of the report on standard error; see [`stall_after`](Builder::stall_after).
    ///
    /// It is called once for each, when it is over, and once before for one that lasts beyond a second. It is called on a thread of its own.
    pub fn on_stall(mut self, handler: impl Fn(&Stall) + Send + 'static) -> Self {
        self.on_stall = Some(Box::new(handler));
        self
    }

    /// Lets somebody listen to what happens in the loop, beside those who do already.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observe(observer);
        self
    }

    /// Tells somebody of failures that no code receives, as asyncio's exception handler: of a callback that panicked,
    /// and of a task that panicked when nobody will await it any more.
    ///
    /// A task's failure counts as received if its handle is awaited, or if a gather looks at it; not by being in a
    /// [`wait`](crate::wait). A cancelled task has not failed, nor has one that returned an `Err`, which is a value: what
    /// asyncio reports as "Task exception was never retrieved" is here only a panic. Without a handler, or if it panics itself, the report
    /// is one line on standard error, below that of the panic hook.
    ///
    /// It is called from the loop's turn, and may use the loop.
    ///
    /// # Examples
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// let reports = Rc::new(RefCell::new(Vec::new()));
    /// let list = reports.clone();
    /// let runtime = roundelay::Runtime::builder()
    ///     .on_unhandled(move |unhandled| list.borrow_mut().push(unhandled.to_string()))
    ///     .build()?;
    /// runtime.run(async {
    ///     drop(roundelay::spawn(async { panic!("lost") }));
    ///     roundelay::yield_now().await;
    /// });
    /// assert!(reports.borrow()[0].starts_with("Task-2 (spawned at "));
    /// assert!(reports.borrow()[0].ends_with(") panicked, and nobody looked at its end: lost"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "set_exception_handler")]
    pub fn on_unhandled(mut self, handler: impl Fn(&Unhandled) + 'static) -> Self {
        self.settings.on_unhandled = Some(Box::new(handler));
        self
    }

    /// The limit for stalls, if debug mode was asked for: a build that is in it by itself starts no thread.
    fn limit_in_debug(&self) -> Option<Duration> {
        let asked = || trace::is_asked_for("ROUNDELAY_DEBUG");
        self.debug.unwrap_or_else(asked).then_some(stall::IN_DEBUG)
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// If the descriptors it needs cannot be had, a log that the environment asks for cannot be written (see
    /// [`Recorder`]), the socket of a [`live`](Builder::live) loop cannot be made, or the environment gives a limit for stalls that is none.
    /// If `ROUNDELAY_DEBUG` says neither 0 nor 1.
    pub fn build(mut self) -> io::Result<Runtime> {
        self.settings.debug = match self.debug {
            Some(debug) => debug,
            None => debug_by_default()?,
        };
        if let Some(recorder) = Recorder::from_environment()? {
            self.settings.observe(recorder);
        }
        if let Some(check) = Check::from_environment() {
            self.settings.observe(check);
        }
        self.settings.virtual_clock |= trace::is_asked_for("ROUNDELAY_VIRTUAL_CLOCK");
        let mut watchdog = None;
        if self.live || std::env::var_os("ROUNDELAY_LIVE").is_some_and(|value| value == "1") {
            let (thread, mirror) = Watchdog::start()?;
            self.settings.observe(mirror);
            watchdog = Some(thread);
        }
        let limit = match self.stall_after {
            Some(limit) => Some(limit),
            None => stall::from_environment()?.or_else(|| self.limit_in_debug()),
        };
        let mut watch = None;
        if let Some(limit) = limit.filter(|limit| !limit.is_zero()) {
            let (thread, attention) = Watch::start(limit, self.on_stall)?;
            self.settings.observe(attention);
            watch = Some(thread);
        }
        Ok(Runtime {
            event_loop: EventLoop::new(self.settings)?,
            shutdown_grace: self.shutdown_grace,
            ctrl_c: self.ctrl_c,
            _watchdog: watchdog,
            _watch: watch,
        })
    }
}

/// What happens to a failure that nobody receives when there is no handler: the panic hook has printed what and where;
/// this adds whose it was.
/// Whether to note what tasks wait for, where the program does not say.
pub(crate) fn debug_by_default() -> io::Result<bool> {
    let Some(debug) = std::env::var_os("ROUNDELAY_DEBUG").filter(|debug| !debug.is_empty()) else {
        return Ok(cfg!(debug_assertions));
    };
    match debug.to_str() {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        _ => Err(io::Error::other(format!(
            "the environment says ROUNDELAY_DEBUG={}, which is to be 0 or 1",
            debug.display()
        ))),
    }
}

fn print_unhandled(unhandled: &Unhandled) {
    eprintln!("roundelay: {unhandled}");
}
