//! The engine room: tasks, wakers, deadlines and tokens. It knows no socket, no lock, no pool and no print.
//!
//! One thread runs an [`EventLoop`]: turn after turn it looks outside (sources, inbox, timers) and then runs what is
//! ready. Reading order: `ready_queue`, this file, `waker`, `cell`, `tasks`, `timers`, `reactor`, `inbox` with
//! `handshake`, and the small ones when they are met.

mod atomic;
mod busy_poll;
pub(crate) mod callbacks;
pub(crate) mod cancel;
mod cell;
pub(crate) mod chaos;
pub(crate) mod clock;
pub(crate) mod context;
mod deadlock;
mod delivery;
mod eager;
mod ending;
pub(crate) mod event;
mod handshake;
mod holders;
pub(crate) mod inbox;
pub(crate) mod jobs;
pub(crate) mod join;
pub(crate) mod listing;
pub(crate) mod main_task;
mod memory;
pub(crate) mod object;
pub(crate) mod observer;
pub(crate) mod reactor;
mod ready_queue;
mod run;
pub(crate) mod scope;
mod scope_table;
mod services;
mod settings;
mod slots;
pub(crate) mod snapshot;
mod special;
mod tasks;
mod tell;
pub(crate) mod timers;
mod unhandled;
pub(crate) mod variables;
pub(crate) mod waiters;
pub(crate) mod waits;
pub(crate) mod waker;

pub(crate) use cell::quietly;

use crate::error::{RunError, Unhandled};
use crate::sys::clock::coarse_now;
use crate::sys::fork_guard::Process;
use callbacks::{Callback, Callbacks};
use chaos::Chaos;
use clock::Clock;
use event::{Event, What, WokenBy};
use inbox::{Message, Shared};
use observer::Observer;
use reactor::{Block, Reactor};
use ready_queue::{Entry, ReadyQueue};
use run::Run;
use services::Services;
pub(crate) use settings::Settings;
use slots::Tasks;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};
use timers::{Action, TimerKey, TimerWheel};
use waker::{TaskRef, TaskWaker, WakerBase};

/// After so many entries the loop checks whether a look outside is due by time.
const ENTRIES_BETWEEN_CHECKS: isize = 8;
/// After so many entries it looks in any case, when their batch is over.
const ENTRIES_BETWEEN_LOOKS: isize = 128;
/// What a batch counts for at the most: enough for a look, and far from what `Reactor::TOUCHED` means.
const LARGE_BATCH: isize = 1 << 20;
/// So many timers within the timer resolution are worth one wake-up together; fewer get one each.
const CROWD: usize = 8;
/// The loop wakes so many nanoseconds early for a lone timer, and looks outside without blocking for the rest: a system
/// needs 20,000 to 30,000 to wake a sleeper.
const EARLY: u64 = 10_000;
/// A timer that is set for less than these nanoseconds makes the next turn look outside.
const SOON: u64 = 1000;

pub(crate) struct EventLoop {
    /// The loop itself, for those who find it through the thread-local and want to keep it.
    this: Weak<EventLoop>,
    /// The runtime's number: never reused, so that a handle is sure whose it is.
    pub(crate) serial: u64,
    /// What the runtime's wakers have in common: its id, which is `shared`'s.
    waker_base: WakerBase,
    /// What other threads reach.
    pub(crate) shared: &'static Shared,
    /// Clones of the loop's wakers that were made on its thread while it ran, less those that were dropped there; see `Count`.
    clones: Cell<u64>,
    tasks: Tasks,
    /// What runs next, in order.
    ready: ReadyQueue,
    callbacks: Callbacks,
    pub(crate) timers: RefCell<TimerWheel>,
    pub(crate) clock: Clock,
    pub(crate) reactor: Reactor,
    observer: Option<Box<dyn Observer>>,
    /// What is kept only for those who watch.
    watched: tell::Watched,
    /// Who is told of failures that nobody receives, and who if that one is missing or fails itself.
    on_unhandled: Option<unhandled::Handler>,
    unhandled_fallback: fn(&Unhandled),
    /// Failures of tasks that were asked to end, to be told when all have ended.
    late_reports: RefCell<Vec<Unhandled>>,
    /// What orders things that asyncio leaves open; `None` for the natural order.
    permutation: Option<Chaos>,
    /// What draws the tasks that are polled without having been woken; `None` for none.
    spurious: Option<Chaos>,
    /// Whether to look outside before every batch.
    strict: bool,
    /// Whether tasks start within their spawn while the loop runs.
    eager_start: bool,
    /// How far apart deadlines may be that share a wake-up, in nanoseconds.
    timer_resolution: u64,
    /// How many entries ran since the last look outside, as far as they were counted at checks.
    entries_since_look: Cell<isize>,
    /// The coarse clock at the last look outside.
    tick_of_look: Cell<u64>,
    /// The list that the inbox's messages are swapped into; empty between uses.
    messages: RefCell<Vec<Message>>,
    /// Jobs in threads and processes.
    jobs: jobs::Jobs,
    /// The context variables of the runtime and of the callback that runs.
    variables: variables::OfLoop,
    /// What others keep with the loop.
    services: Services,
    /// What interrupts the main task, while there is one that may be.
    interrupt: Cell<Option<main_task::Interrupt>>,
    /// Set by `stop`, which also takes the patience away: it is looked at where that has run out.
    stopping: Cell<bool>,
    /// Whether the run has not begun its first turn.
    fresh: Cell<bool>,
    /// Whether a run is going on.
    running: Cell<bool>,
    /// What few loops have, or have for a while, and what a spawn asks for in one test: bits of `special`.
    special: Cell<u8>,
    /// The process that made the loop; a forked child must not use it.
    process: Process,
    /// The next older loop of this thread; see `context`.
    next_on_thread: Cell<*const EventLoop>,
}

impl EventLoop {
    pub(crate) fn new(settings: Settings) -> io::Result<Rc<Self>> {
        let reactor = Reactor::new()?;
        let (shared, serial) = Shared::acquire(Arc::clone(&reactor.waker))?;
        let special = match (&settings.observer, settings.debug) {
            (Some(_), _) => special::OBSERVED | special::NOTES,
            (None, true) => special::NOTES,
            (None, false) => 0,
        };
        let this = Rc::new_cyclic(|this| EventLoop {
            this: this.clone(),
            serial,
            waker_base: WakerBase::new(shared.short),
            shared,
            clones: Cell::new(0),
            tasks: Tasks::new(),
            ready: ReadyQueue::new(),
            callbacks: Callbacks::new(),
            timers: RefCell::new(TimerWheel::new()),
            clock: Clock::new(settings.virtual_clock),
            reactor,
            observer: settings.observer,
            watched: tell::Watched::default(),
            on_unhandled: settings.on_unhandled,
            unhandled_fallback: settings.unhandled_fallback,
            late_reports: RefCell::default(),
            eager_start: settings.eager_start,
            strict: settings.strict || settings.spurious.is_some(),
            permutation: settings.permutation,
            spurious: settings.spurious,
            timer_resolution: clock::nanoseconds(settings.timer_resolution),
            entries_since_look: Cell::new(0),
            tick_of_look: Cell::new(0),
            messages: RefCell::new(Vec::new()),
            jobs: jobs::Jobs::default(),
            variables: variables::OfLoop::default(),
            services: Services::default(),
            interrupt: Cell::new(None),
            stopping: Cell::new(false),
            fresh: Cell::new(false),
            running: Cell::new(false),
            special: Cell::new(special),
            process: Process::current(),
            next_on_thread: Cell::new(std::ptr::null()),
        });
        if let Some(observer) = &this.observer {
            observer.attached(settings.virtual_clock);
        }
        context::enlist(&this);
        this.inherit_variables();
        Ok(this)
    }

    pub(crate) fn upgrade(&self) -> Option<Rc<EventLoop>> {
        self.this.upgrade()
    }

    /// One turn of the loop. Returns whether the run goes on: a stop takes effect when its batch is over.
    #[inline(always)]
    fn turn<const OBSERVED: bool>(&self) -> Result<bool, RunError> {
        // ① to ⑤ Look outside, when it can matter: sources, inbox, timers.
        // One test for both: is there nothing ready, or no patience left?
        if (self.ready.len() as isize - 1) | self.patience().wrapping_sub(1) < 0
            && !self.look_if_due()?
        {
            return Ok(false);
        }
        // ⑥ Run what is ready now; what these entries add waits for the next turn.
        let batch = self.ready.len();
        if OBSERVED {
            self.tell_turn(batch);
        }
        for _ in 0..batch {
            match self.ready.pop() {
                Ok(index) => self.run_task::<OBSERVED>(index),
                Err(other) => self.run_entry::<OBSERVED>(other),
            }
        }
        self.reactor.patience.set(self.patience() - batch as isize);
        Ok(true)
    }

    #[inline(always)]
    fn patience(&self) -> isize {
        self.reactor.patience.get()
    }

    /// Looks outside if that can change what runs next: if nothing is ready, if this thread touched a source, if
    /// enough entries ran since the last look, or if enough time passed.
    ///
    /// A look costs as much as a dozen task switches, and reading the coarse clock as much as half of one; so neither is
    /// done at every turn. Returns whether the run goes on.
    #[inline(never)]
    fn look_if_due(&self) -> Result<bool, RunError> {
        // A stop from before the run lets it have one turn, as in asyncio.
        if self.stopping.get() && !self.fresh.get() {
            return Ok(false);
        }
        self.fresh.set(false);
        self.drop_leftovers();
        if let Some(chaos) = &self.spurious {
            self.poll_spuriously(chaos);
        }
        let patience = self.patience();
        let touched = patience <= Reactor::TOUCHED / 2;
        // Where patience was given for fewer, this counts a few too many, which only makes the look come earlier.
        let entries = self
            .entries_since_look
            .get()
            .saturating_add(ENTRIES_BETWEEN_CHECKS - patience.max(-LARGE_BATCH));
        if self.ready.is_empty()
            || touched
            || self.strict
            || entries >= ENTRIES_BETWEEN_LOOKS
            || coarse_now() != self.tick_of_look.get()
        {
            self.look_outside()?;
            // Where a few entries took long enough for the clock to tick, the next turn is to check again.
            let tick = coarse_now();
            let ticked = tick != self.tick_of_look.replace(tick);
            let slow = ticked && !touched && entries < ENTRIES_BETWEEN_LOOKS;
            self.entries_since_look.set(0);
            self.reactor.patience.set(if slow || self.strict {
                0
            } else {
                ENTRIES_BETWEEN_CHECKS
            });
        } else {
            self.entries_since_look.set(entries);
            self.reactor.patience.set(ENTRIES_BETWEEN_CHECKS);
            if self.shared.sleep.is_notified() {
                self.read_inbox();
            }
        }
        if self.stopping.get() {
            // What was read just now has asked for it.
            self.reactor.patience.set(0);
        }
        Ok(true)
    }

    /// The first five steps of a turn.
    #[inline(never)]
    fn look_outside(&self) -> Result<(), RunError> {
        if !self.process.is_current() {
            return Err(RunError::Forked);
        }
        self.take_interrupt();
        self.watched.is_just_told.set(false);
        // ① How long may the poll block?
        let idle =
            self.ready.is_empty() && !self.stopping.get() && !self.shared.sleep.is_notified();
        let block = match idle {
            true => self.time_to_block(),
            false => Block::No,
        };
        if block == Block::Forever {
            self.refuse_to_hang()?;
        }
        // ② Poll; ③ queue the sources that are ready.
        if block == Block::No {
            self.poll_reactor(Block::No)?;
        } else {
            self.park(block)?;
        }
        // ④ Read what other threads left.
        self.read_inbox();
        // ⑤ Queue the timers that are due.
        self.expire_timers();
        Ok(())
    }

    /// Blocks in the reactor, unless another thread has left something just now.
    fn park(&self, block: Block) -> Result<(), RunError> {
        self.tell_parked();
        self.ready.shrink();
        let block = match self.reactor.busy_poll.get() {
            0 => block,
            window => self.poll_busily(window, block)?,
        };
        let block = if self.shared.sleep.fall_asleep() {
            block
        } else {
            Block::No
        };
        let started = self.clock.is_virtual().then(Instant::now);
        self.poll_reactor(block)?;
        if let Some(started) = started {
            self.advance_virtual_clock(started.elapsed());
        }
        self.observe(|| Event::of(What::Unparked));
        Ok(())
    }

    /// Says how long nothing can happen unless it comes from outside.
    fn time_to_block(&self) -> Block {
        let mut timers = self.timers.borrow_mut();
        let Some(deadline) = timers.wake_up_time(self.clock.is_virtual()) else {
            return Block::Forever;
        };
        let now = self.clock.now();
        let Some(wait) = deadline.checked_sub(now).filter(|&wait| wait > 0) else {
            return Block::No;
        };
        if self.clock.is_virtual() {
            return self.jump_or_block(deadline, wait);
        }
        const MILLISECOND: u64 = 1_000_000;
        let resolution = self.timer_resolution;
        if resolution > 0 && timers.crowded(deadline.saturating_add(resolution), CROWD) {
            return Block::Milliseconds(
                wait.saturating_add(resolution)
                    .div_euclid(MILLISECOND)
                    .max(1),
            );
        }
        if wait <= EARLY {
            return Block::No;
        }
        if wait < 2 * MILLISECOND {
            return Block::Exactly(wait - EARLY);
        }
        // Wake a little early, the kernel being late by up to a thousandth, and do the rest exactly.
        Block::Milliseconds(((wait - wait / 512) / MILLISECOND - 1).max(1))
    }

    /// With a virtual clock: jumps if nothing real can come, else lets time pass at its real pace.
    fn jump_or_block(&self, deadline: u64, wait: u64) -> Block {
        if self.jobs.none() && self.reactor.waiting.get() == 0 {
            self.jump(deadline);
            return Block::No;
        }
        Block::Exactly(wait)
    }

    fn advance_virtual_clock(&self, elapsed: Duration) {
        let reached = self.clock.after(elapsed);
        let next = self.timers.borrow().next_deadline().unwrap_or(reached);
        self.jump(reached.min(next).max(self.clock.now()));
    }

    fn expire_timers(&self) {
        let others = self.ready.len();
        let mut timers = self.timers.borrow_mut();
        if !timers.is_empty() {
            let mut due = Vec::new();
            timers.expire(self.clock.now(), |key| {
                if self.permutation.is_some() {
                    due.push(key);
                    return;
                }
                self.ready.push(Entry::Timer(key));
            });
            for ties in due.chunk_by_mut(|&a, &b| timers.deadline(a) == timers.deadline(b)) {
                self.permute(ties);
                for &mut key in ties {
                    self.ready.push(Entry::Timer(key));
                }
            }
        } else if self.ready.is_empty() {
            timers.shrink();
        }
        drop(timers);
        if self.has_special(special::OBSERVED) {
            self.tell_fired(others);
        }
    }

    /// Takes what other threads left: wakes and calls go behind what is ready, in order.
    pub(super) fn read_inbox(&self) {
        if !self.shared.sleep.take_notice() {
            return;
        }
        let mut messages = std::mem::take(&mut *self.messages.borrow_mut());
        self.shared.take(&mut messages);
        self.tell_inbox(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Wake(index) => {
                    self.shared.taken(index);
                    self.waking_by(WokenBy::Thread, || self.wake_index(index));
                }
                Message::Call(call, at) => {
                    self.waking_by(WokenBy::Thread, || {
                        self.call_soon(call, at);
                    });
                }
                Message::Keep(keep) => cell::quietly(|| keep(self)),
            }
        }
        *self.messages.borrow_mut() = messages;
    }

    /// Runs an entry that is not a task.
    #[inline(never)]
    fn run_entry<const OBSERVED: bool>(&self, entry: Entry) {
        self.tasks.current.set(TaskRef::NONE);
        match entry {
            Entry::Task(_) => unreachable!("the turn runs tasks"),
            Entry::Callback(key) => self.run_callback::<OBSERVED>(key),
            Entry::Source(key) => {
                if OBSERVED {
                    self.tell_source(key);
                }
                self.reactor.run_source(key);
            }
            Entry::Timer(key) => {
                if OBSERVED {
                    self.tell_timer(key);
                }
                let action = self.timers.borrow_mut().take_due(key);
                match action {
                    Some(Action::Wake(task)) => {
                        self.wake(task);
                        self.prefetch(task);
                    }
                    Some(Action::Callback(key)) => self.run_callback::<OBSERVED>(key),
                    Some(Action::Expire(task)) => self.expire_by_timer(task, key),
                    None => {}
                }
            }
        }
    }

    #[inline]
    fn run_callback<const OBSERVED: bool>(&self, key: u32) {
        let callback = self.callbacks.remove(key);
        if OBSERVED && let Some(callback) = &callback {
            self.observe(|| Event::of(What::CallStarted { call: key }).at_line(callback.line()));
        }
        match callback {
            Some(Callback::Call(call, _, at)) => {
                self.call(call, at);
                self.leave_callback();
            }
            Some(Callback::Member(aggregate, member)) => {
                cell::quietly(move || aggregate.member_finished(member));
            }
            Some(Callback::Expire(task, scope)) => self.expire(task, scope),
            Some(Callback::Wake(waker)) => cell::quietly(|| waker.wake()),
            Some(Callback::Stop) => self.stop(),
            Some(Callback::Several(_)) | None => {}
        }
    }

    /// Sets a timer; `None` for a deadline that never comes. `now` is the time from which the deadline was counted.
    #[inline]
    pub(crate) fn set_timer(&self, now: u64, when: u64, action: Action) -> Option<TimerKey> {
        if when.saturating_sub(now) < SOON {
            // It is as good as due: the next turn is to look.
            self.reactor.touched();
        }
        let timer = (when != clock::NEVER).then(|| self.timers.borrow_mut().insert(when, action));
        if let Some(timer) = timer {
            self.observe(|| self.timer_set(timer, when, action));
        }
        timer
    }

    /// Lets a timer wake this waker.
    #[inline]
    pub(crate) fn wake_action(&self, waker: &std::task::Waker) -> Action {
        match waker::task_of(waker, self.waker_base) {
            Some(task) => Action::Wake(task),
            None => Action::Callback(self.callbacks.insert(Callback::Wake(TaskWaker::of(waker)))),
        }
    }

    /// Whether an action wakes this waker already.
    #[inline]
    pub(crate) fn action_wakes(&self, action: Action, waker: &std::task::Waker) -> bool {
        match action {
            Action::Wake(task) => waker::task_of(waker, self.waker_base) == Some(task),
            Action::Callback(key) => self.callbacks.will_wake(key, waker),
            Action::Expire(_) => false,
        }
    }

    /// Cancels a timer that is still to run, and frees what it refers to.
    #[inline]
    pub(crate) fn cancel_timer(&self, timer: TimerKey) {
        let action = self.take_timer(timer);
        self.drop_action(action);
    }

    /// Frees what an action that will not run refers to.
    #[inline]
    pub(crate) fn drop_action(&self, action: Option<Action>) {
        if let Some(Action::Callback(key)) = action {
            drop(self.callbacks.remove(key));
        }
    }

    /// Ends the run after the current batch.
    pub(crate) fn stop(&self) {
        self.stopping.set(true);
        self.reactor.lose_patience();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.has_special(special::CLOSING)
    }

    /// Whether the caller is a forked child of the process that made the loop.
    pub(crate) fn is_forked(&self) -> bool {
        !self.process.is_current()
    }

    /// What is still waiting, in words. Not the jobs of pools, which nobody can stop.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let tasks = self.unfinished_tasks();
        let mut left: Vec<String> = tasks.iter().map(ToString::to_string).collect();
        let mut count = |count: usize, what: &str| {
            if count > 0 {
                left.push(format!("{count} {what}"));
            }
        };
        count(self.timers.borrow().len(), "timer(s)");
        count(self.reactor.waiting.get(), "wait(s) for sources");
        left
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        self.close();
        context::strike_off(self);
        if !self.is_forked() {
            self.shared.recycle(self.clones.get());
        }
    }
}
