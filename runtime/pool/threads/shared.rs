//! What the handles, the jobs and the threads of one pool share: the queue, and who lives.

use super::at_end::Settings;
use super::queue::{Queue, Waiting};
use super::work::Work;
use super::worker;
use crate::event_loop::event::What;
use crate::event_loop::observer::JobEnd;
use crate::event_loop::quietly;
use crate::pool::error::PoolError;
use crate::pool::stats::{Stats, Tally, WorkerState, WorkerStats};
use crate::pool::watch::{PoolKey, Watch};
use crate::sys::fork_guard::Process;
use std::collections::BTreeMap;
use std::io;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::Instant;

/// A pool.
pub(super) struct Shared<S> {
    /// What the builder was told.
    pub(super) settings: Settings,
    /// Makes a thread's state, on that thread, before its first call.
    pub(super) initializer: Box<dyn Fn() -> S + Send + Sync>,
    /// What changes.
    pub(super) state: Mutex<State<S>>,
    /// Notified when a call comes, and when there will be no more.
    pub(super) changed: Condvar,
    /// Notified when a thread ends.
    pub(super) left: Condvar,
    /// The process that has the threads; a forked child has none of them, and may find the lock held for ever.
    pub(super) process: Process,
    /// What observers know the pool by.
    pub(super) key: PoolKey,
}

/// What changes in a pool.
pub(super) struct State<S> {
    /// The calls that no thread has taken.
    pub(super) queue: Queue<S>,
    /// How many threads wait for a call. As long as there are no more calls than these, each call has its thread.
    pub(super) idle: usize,
    /// How many threads run a call.
    running: usize,
    /// The threads that live, by number.
    pub(super) workers: BTreeMap<u32, Worker>,
    /// The threads that take no more calls and drop their own state.
    pub(super) leaving: Vec<thread::JoinHandle<()>>,
    /// Threads that have ended or are about to, to be joined.
    pub(super) ended: Vec<thread::JoinHandle<()>>,
    /// Whether no more calls are taken in.
    pub(super) shut: bool,
    /// Who waits in a loop for the last thread to end.
    pub(super) waiters: Vec<Waker>,
    /// The statistics.
    pub(super) tally: Tally,
    /// The observed loop that gave the last call; none before.
    pub(super) watch: Option<Watch>,
}

/// A thread that lives.
pub(super) struct Worker {
    /// Its handle; taken when it ends.
    pub(super) thread: Option<thread::JoinHandle<()>>,
    /// When it was started.
    pub(super) started: Instant,
    /// The call it runs: the line that submitted it, and when it began.
    pub(super) runs: Option<(&'static Location<'static>, Instant)>,
    /// How many calls it has ended.
    done: u64,
}

impl<S> State<S> {
    /// Whether no thread is left.
    pub(super) fn is_deserted(&self) -> bool {
        self.workers.is_empty() && self.leaving.is_empty()
    }
}

impl Worker {
    /// Which thread it is.
    pub(super) fn id(&self) -> Option<ThreadId> {
        self.thread.as_ref().map(|thread| thread.thread().id())
    }
}

impl<S: 'static> Shared<S> {
    pub(super) fn new(
        settings: Settings,
        initializer: Box<dyn Fn() -> S + Send + Sync>,
    ) -> Shared<S> {
        let state = State {
            queue: Queue::new(settings.queue_limit),
            idle: 0,
            running: 0,
            workers: BTreeMap::new(),
            leaving: Vec::new(),
            ended: Vec::new(),
            shut: false,
            waiters: Vec::new(),
            tally: Tally::default(),
            watch: None,
        };
        Shared {
            settings,
            initializer,
            state: Mutex::new(state),
            changed: Condvar::new(),
            left: Condvar::new(),
            process: Process::current(),
            key: PoolKey::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls could begin at this moment, if there were threads for all.
    pub(super) fn free_threads(&self, state: &State<S>) -> usize {
        self.settings.max_threads.saturating_sub(state.running)
    }

    /// Promises a place in the queue for a call that is about to come.
    pub(super) fn promise(&self) -> bool {
        if !self.process.is_current() {
            // The call itself will tell.
            return true;
        }
        let mut state = self.lock();
        let free = self.free_threads(&state);
        state.shut || state.queue.promise(free)
    }

    /// Queues a call, and sees to it that a thread will take it. Gives its number, or the call and why it is refused.
    pub(super) fn push(
        self: &Arc<Self>,
        work: Box<dyn Work<S>>,
        promised: bool,
        watch: Option<Watch>,
    ) -> Result<u64, (Box<dyn Work<S>>, PoolError)> {
        let submitted = work.submitted();
        if !self.process.is_current() {
            let source = io::Error::other(
                "the pool belongs to the process that this one was forked from: make a new one here",
            );
            return Err((work, PoolError::Io { source, submitted }));
        }
        let mut state = self.lock();
        if state.shut {
            return Err((work, PoolError::Closed { submitted }));
        }
        state.watch = watch.or(state.watch);
        let mut born = None;
        if state.idle > state.queue.placed() {
            self.changed.notify_one();
        } else if state.workers.len() < self.settings.max_threads {
            match self.start(&mut state) {
                Ok(number) => born = Some(number),
                // With threads there are, the call waits for one of them.
                Err(source) if state.workers.is_empty() => {
                    state.queue.take_back(promised);
                    drop(state);
                    return Err((work, PoolError::Io { source, submitted }));
                }
                Err(_) => {}
            }
        }
        // Before it can be taken: a call in hand needs no place.
        let free = self.free_threads(&state);
        let number = state.queue.push(work, promised, free);
        drop(state);
        if let (Some(watch), Some(worker)) = (watch, born) {
            let worker = watch.worker(worker);
            watch.report(move |_| What::WorkerStarted {
                worker,
                process: None,
            });
        }
        Ok(number)
    }

    /// Starts a thread.
    fn start(self: &Arc<Self>, state: &mut State<S>) -> io::Result<u32> {
        let taken = &state.workers;
        let number = (0..).find(|number| !taken.contains_key(number));
        let number = number.expect("there are fewer threads than numbers");
        let pool = self.clone();
        let thread = thread::Builder::new()
            .name(self.name_of(number))
            .spawn(move || worker::live(&pool, number))?;
        let worker = Worker {
            thread: Some(thread),
            started: Instant::now(),
            runs: None,
            done: 0,
        };
        state.workers.insert(number, worker);
        Ok(number)
    }

    fn name_of(&self, number: u32) -> String {
        format!("{}-{number}", self.settings.name)
    }

    /// Takes note that thread `number` begins a call now.
    pub(super) fn begins(&self, state: &mut State<S>, number: u32, waiting: &Waiting<S>) {
        let now = Instant::now();
        state
            .tally
            .began(now.saturating_duration_since(waiting.since));
        state.running += 1;
        if let Some(worker) = state.workers.get_mut(&number) {
            worker.runs = Some((waiting.work.submitted(), now));
        }
    }

    /// Takes note that thread `number` has ended its call.
    pub(super) fn ended(&self, number: u32, end: JobEnd) {
        let mut state = self.lock();
        let mut wake = Vec::new();
        state.running -= 1;
        let begun = state.workers.get_mut(&number).and_then(|worker| {
            worker.done += 1;
            worker.runs.take()
        });
        if let Some((_, begun)) = begun {
            state.tally.ended(begun.elapsed());
            state.tally.finished(end);
        }
        let free = self.free_threads(&state);
        state.queue.move_up(free, &mut wake);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }

    /// Fails calls that were taken out of the queue, without a lock.
    pub(super) fn fail(
        waiting: Vec<Waiting<S>>,
        error: fn(&'static Location<'static>) -> PoolError,
    ) {
        for Waiting { mut work, .. } in waiting {
            quietly(move || {
                let submitted = work.submitted();
                work.fail(error(submitted));
            });
        }
    }

    /// Drops the calls that have not begun, and says how many.
    pub(super) fn cancel_queued(&self) -> usize {
        if !self.process.is_current() {
            return 0;
        }
        let mut state = self.lock();
        let waiting = state.queue.take_all();
        state.tally.dropped(waiting.len());
        drop(state);
        let count = waiting.len();
        Self::fail(waiting, |submitted| PoolError::Cancelled { submitted });
        count
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.lock();
        let workers = state.workers.iter().map(|(number, worker)| {
            let stats = WorkerStats {
                number: *number,
                name: self.name_of(*number),
                pid: None,
                state: match worker.runs {
                    None => WorkerState::Idle,
                    Some((submitted, begun)) => WorkerState::Running {
                        submitted,
                        since: begun.elapsed(),
                    },
                },
                done: worker.done,
                resident: None,
            };
            (stats, worker.started)
        });
        let workers = workers.collect();
        state.tally.stats(state.queue.len(), workers)
    }
}

/// A pool as its jobs know it, whatever the threads' state.
pub(super) trait Unqueue: Send + Sync {
    /// Takes a call out of the queue and fails it, if no thread has taken it.
    fn unqueue(&self, number: u64) -> bool;
}

impl<S: 'static> Unqueue for Shared<S> {
    fn unqueue(&self, number: u64) -> bool {
        if !self.process.is_current() {
            return false;
        }
        let mut wake = Vec::new();
        let mut state = self.lock();
        let Some(waiting) = state.queue.remove(number) else {
            return false;
        };
        state.tally.dropped(1);
        let free = self.free_threads(&state);
        state.queue.move_up(free, &mut wake);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        Self::fail(vec![waiting], |submitted| PoolError::Cancelled {
            submitted,
        });
        true
    }
}
