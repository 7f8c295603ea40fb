//! The report of a deadlock: which tasks nothing can wake, what each waits for, and who holds that.

use super::json::{list, quoted};
use std::error::Error;
use std::fmt::{self, Write as _};
use std::panic::Location;
use std::time::Duration;

/// How sure it is that nothing will ever come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing in the process can wake any of the tasks. A run ends with this as its error.
    Certain,
    /// Somebody who is not part of this crate keeps a waker of one of the tasks, and may use it. The run goes on waiting.
    Possible,
    /// A [`RemoteHandle`](crate::RemoteHandle) is alive, through which something may come. The run goes on waiting.
    External,
}

impl Verdict {
    /// The verdict in one word, as the report says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Certain => "certain",
            Verdict::Possible => "possible",
            Verdict::External => "external",
        }
    }
}

/// A loop that has nothing ready, no timer, no descriptor to wait for and no job on its way.
///
/// It is the error of a run whose tasks nothing can wake, see [`RunError::Deadlock`](super::RunError::Deadlock), and the answer
/// of [`Runtime::diagnose`](crate::Runtime::diagnose). Printed, it names each task, what it waits for, who holds that, since when
/// and at which line. Locks, queues and lines are known while the loop notes them; see [`Builder::debug`](crate::Builder::debug).
///
/// A [`JoinHandle`](crate::JoinHandle) that was carried to another thread does not count as somebody who can bring something: to
/// cancel a task from there when nothing else goes on, take a [`RemoteHandle`](crate::RemoteHandle) along.
///
/// # Examples
/// ```
/// use roundelay::{RunError, Verdict, spawn, sync::Event, try_run};
///
/// let error = try_run(async { Event::new().wait().await }).unwrap_err();
/// let RunError::Deadlock(deadlock) = error else { panic!("{error}") };
/// assert_eq!(deadlock.verdict(), Verdict::Certain);
/// assert_eq!(deadlock.tasks().len(), 1);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Deadlock(Box<Report>);

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) verdict: Verdict,
    /// The tasks that have not ended, oldest first.
    pub(crate) tasks: Vec<DeadlockedTask>,
    /// Places in `tasks`, each waiting for the next and the last for the first; empty if there is no cycle.
    pub(crate) cycle: Vec<usize>,
    /// How many clones of wakers are alive that this crate does not keep.
    pub(crate) wakers: u64,
    /// How many remote handles are alive.
    pub(crate) handles: u64,
    /// Whether it was noted what the tasks wait for.
    pub(crate) noted: bool,
}

/// A task of a [`Deadlock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockedTask {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) waits: Vec<DeadlockedWait>,
}

/// Something that a task of a [`Deadlock`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockedWait {
    /// In words.
    pub(crate) on: String,
    pub(crate) at: Option<&'static Location<'static>>,
    /// When it began to wait, in the loop's time.
    pub(crate) since: Option<Duration>,
    /// What stands before the names of those who would have to go on first; empty if they are named already.
    pub(crate) who: &'static str,
    /// The tasks that would have to go on first.
    pub(crate) held_by: Vec<u64>,
    /// The line that took the lock.
    pub(crate) held_at: Option<&'static Location<'static>>,
    /// Where the lock was given to a future that nobody polls: what is said of it.
    pub(crate) futurelock: Option<Futurelock>,
    /// Whether this is the wait that closed the cycle.
    pub(crate) closes_cycle: bool,
}

/// A lock was given to a future that nobody polls any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Futurelock {
    /// The lock, in words.
    pub(crate) lock: String,
    /// The task in which the future is, if that is known.
    pub(crate) task: Option<u64>,
    /// The line at which the future waits for the lock.
    pub(crate) at: Option<&'static Location<'static>>,
}

impl Deadlock {
    pub(crate) fn new(report: Report) -> Self {
        Deadlock(Box::new(report))
    }

    /// Returns how sure it is.
    pub fn verdict(&self) -> Verdict {
        self.0.verdict
    }

    /// Returns the tasks that have not ended, oldest first. The main task is among them.
    pub fn tasks(&self) -> &[DeadlockedTask] {
        &self.0.tasks
    }

    /// Returns tasks of which each waits for the next, and the last for the first; empty if no such cycle is known.
    pub fn cycle(&self) -> Vec<&DeadlockedTask> {
        self.0.cycle.iter().map(|&n| &self.0.tasks[n]).collect()
    }

    fn task(&self, number: u64) -> Option<&DeadlockedTask> {
        self.0.tasks.iter().find(|task| task.number == number)
    }

    /// How others are called in a line of the report.
    fn call(&self, number: u64) -> String {
        match self.task(number) {
            Some(task) => task.to_string(),
            None => format!("Task-{number}"),
        }
    }

    fn write_wait(&self, f: &mut fmt::Formatter<'_>, wait: &DeadlockedWait) -> fmt::Result {
        write!(f, "waits for {}", wait.on)?;
        if !wait.who.is_empty() {
            let names: Vec<_> = wait.held_by.iter().map(|&task| self.call(task)).collect();
            let names = match names.is_empty() {
                true => "no task".to_owned(),
                false => names.join(", "),
            };
            write!(f, "{}{names}", wait.who)?;
        }
        if let Some(at) = wait.held_at {
            write!(f, " (taken at {at})")?;
        }
        if let Some(since) = wait.since {
            write!(f, " since {:.3}s", since.as_secs_f64())?;
        }
        if let Some(at) = wait.at {
            write!(f, " at {at}")?;
        }
        match wait.closes_cycle {
            true => f.write_str("   <- closes the cycle"),
            false => Ok(()),
        }
    }

    fn write_futurelock(&self, f: &mut fmt::Formatter<'_>, lock: &Futurelock) -> fmt::Result {
        let inside = match lock.task {
            Some(task) => format!("of {}", self.call(task)),
            None => "that is polled with a waker of its own".to_owned(),
        };
        write!(
            f,
            "\n  futurelock: {} was given to a future {inside}, which nobody polls any more",
            lock.lock
        )?;
        match lock.at {
            Some(at) => write!(f, "; it waits at {at}"),
            None => Ok(()),
        }
    }

    /// Returns the report as a JSON object.
    ///
    /// # Examples
    /// ```
    /// # use roundelay::{RunError, sync::Event, try_run};
    /// # let error = try_run(async { Event::new().wait().await }).unwrap_err();
    /// # let RunError::Deadlock(deadlock) = error else { panic!("{error}") };
    /// assert!(deadlock.to_json().starts_with(r#"{"verdict":"certain","#));
    /// ```
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"verdict\":{}", quoted(self.0.verdict.as_str()));
        let numbers = self.0.cycle.iter().map(|&n| self.0.tasks[n].number);
        let _ = write!(json, ",\"cycle\":{}", list(numbers));
        let _ = write!(json, ",\"wakers\":{}", self.0.wakers);
        let _ = write!(json, ",\"remote_handles\":{}", self.0.handles);
        let _ = write!(json, ",\"noted\":{}", self.0.noted);
        let tasks = self.0.tasks.iter().map(DeadlockedTask::to_json);
        let _ = write!(json, ",\"tasks\":{}}}", list(tasks));
        json
    }
}

impl DeadlockedTask {
    /// Returns the task's number, as [`TaskId`](crate::TaskId) has it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the task's name: the one it was given, or `Task-N`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line that spawned the task; for the main task, the one that began the run.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns what the task waits for: several things, if it polls several futures. Empty if that is not known.
    pub fn waits(&self) -> &[DeadlockedWait] {
        &self.waits
    }

    fn to_json(&self) -> String {
        format!(
            "{{\"task\":{},\"name\":{},\"spawned_at\":{},\"waits\":{}}}",
            self.number,
            quoted(&self.name),
            quoted(&self.spawned_at.to_string()),
            list(self.waits.iter().map(DeadlockedWait::to_json)),
        )
    }
}

impl DeadlockedWait {
    /// Returns what is waited for, in words.
    pub fn on(&self) -> &str {
        &self.on
    }

    /// Returns the line that waits, if it was noted.
    pub fn at(&self) -> Option<&'static Location<'static>> {
        self.at
    }

    /// Returns when the wait began, by the loop's clock, counted from the loop's beginning; if that was noted.
    pub fn since(&self) -> Option<Duration> {
        self.since
    }

    /// Returns the numbers of the tasks that would have to go on first: the one that is joined, or holds the lock.
    pub fn held_by(&self) -> &[u64] {
        &self.held_by
    }

    /// Returns the line that took the lock which is waited for, if that is known.
    pub fn held_at(&self) -> Option<&'static Location<'static>> {
        self.held_at
    }

    /// Returns whether this wait was the last one of the cycle to begin.
    pub fn closes_cycle(&self) -> bool {
        self.closes_cycle
    }

    /// Returns whether the lock that is waited for was given to a future that nobody polls any more.
    pub fn is_futurelock(&self) -> bool {
        self.futurelock.is_some()
    }

    /// Returns the line at which that future waits for the lock, if it is known.
    pub fn futurelock_at(&self) -> Option<&'static Location<'static>> {
        self.futurelock.as_ref()?.at
    }

    fn to_json(&self) -> String {
        let at = |at: Option<&'static Location<'static>>| {
            at.map_or("null".to_owned(), |at| quoted(&at.to_string()))
        };
        let since = self
            .since
            .map_or("null".to_owned(), |since| since.as_nanos().to_string());
        format!(
            "{{\"on\":{},\"at\":{},\"since_ns\":{since},\"held_by\":{},\"held_at\":{},\"closes_cycle\":{},\"futurelock\":{},\"futurelock_at\":{}}}",
            quoted(&self.on),
            at(self.at),
            list(self.held_by.iter()),
            at(self.held_at),
            self.closes_cycle,
            self.is_futurelock(),
            at(self.futurelock_at()),
        )
    }
}

/// The short way to call a task: its number, and its name if it has one of its own.
impl fmt::Display for DeadlockedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = format!("Task-{}", self.number);
        match self.name == number {
            true => f.write_str(&number),
            false => write!(f, "{number} {:?}", self.name),
        }
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &*self.0;
        write!(f, "deadlock ({}): ", report.verdict.as_str())?;
        match (report.verdict, report.tasks.len()) {
            (Verdict::Certain, 0) => f.write_str(
                "no task is left, and nothing can spawn one or stop the loop: stop it when its work is done, or keep a RemoteHandle",
            )?,
            (Verdict::Certain, 1) => f.write_str("1 task can never be woken")?,
            (Verdict::Certain, tasks) => write!(f, "{tasks} tasks can never be woken")?,
            (Verdict::Possible, tasks) => write!(
                f,
                "{tasks} task(s) wait, and only who keeps one of {} waker(s) outside of this crate can wake them",
                report.wakers
            )?,
            (Verdict::External, tasks) => write!(
                f,
                "{tasks} task(s) wait, and only what comes through one of {} RemoteHandle(s) can wake them",
                report.handles
            )?,
        }
        for task in &report.tasks {
            if task.waits.is_empty() {
                write!(f, "\n  {task} waits; it was spawned at {}", task.spawned_at)?;
            }
            for wait in &task.waits {
                write!(f, "\n  {task} ")?;
                self.write_wait(f, wait)?;
                if wait.at.is_none() {
                    write!(f, "; it was spawned at {}", task.spawned_at)?;
                }
            }
        }
        let waits = report.tasks.iter().flat_map(|task| &task.waits);
        for lock in waits.filter_map(|wait| wait.futurelock.as_ref()) {
            self.write_futurelock(f, lock)?;
        }
        match report.noted || report.tasks.is_empty() {
            true => Ok(()),
            false => f.write_str(
                "\n  run it with ROUNDELAY_DEBUG=1 to learn of locks, queues and lines, too",
            ),
        }
    }
}

impl fmt::Debug for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadlock({self})")
    }
}

impl Error for Deadlock {}
