//! What the loop tells those who watch: the words for what stands behind a key.
//!
//! All of it is off the way of a loop that nobody watches.

use super::callbacks::Callback;
use super::event::{CallKind, Event, What, WokenBy};
use super::holders::Holders;
use super::observer::TaskId;
use super::ready_queue::Entry;
use super::timers::{Action, TimerKey};
use super::waits::Noted;
use super::{EventLoop, special};
use crate::error::Cancelled;
use std::cell::{Cell, RefCell};
use std::panic::Location;

/// What is kept only for those who watch.
pub(super) struct Watched {
    /// How many turns have begun.
    turns: Cell<u64>,
    /// The time of the last event.
    told_at: Cell<u64>,
    /// Whether the last event was the end of a step, and nothing has run since.
    pub(super) is_just_told: Cell<bool>,
    /// How many objects have a number.
    pub(super) objects: Cell<u32>,
    /// What wakes tasks at the moment, if it is not what runs.
    pub(super) woken_by: Cell<WokenBy>,
    /// What each task waits for, by its slot.
    pub(super) noted: RefCell<Vec<Noted>>,
    /// How often a task has begun to wait.
    pub(super) waits: Cell<u64>,
    /// Who holds what.
    pub(super) holders: RefCell<Holders>,
    /// Whether the step that runs has noted something.
    pub(super) has_noted: Cell<bool>,
    /// Whether somebody has cloned a waker in the step that runs.
    pub(super) has_cloned: Cell<bool>,
    /// The line of the program that called the code of this crate which runs, if that is known.
    pub(super) line: Cell<Option<&'static Location<'static>>>,
}

impl Default for Watched {
    fn default() -> Self {
        Watched {
            turns: Cell::new(0),
            told_at: Cell::new(0),
            is_just_told: Cell::new(false),
            objects: Cell::new(0),
            woken_by: Cell::new(WokenBy::Running),
            noted: RefCell::default(),
            waits: Cell::new(0),
            holders: RefCell::default(),
            has_noted: Cell::new(false),
            has_cloned: Cell::new(false),
            line: Cell::new(None),
        }
    }
}

/// What is known of a step that another one interrupts.
pub(super) struct StepNotes {
    has_noted: bool,
    has_cloned: bool,
    line: Option<&'static Location<'static>>,
}

impl Watched {
    /// A task starts eagerly in the middle of a step: its notes are its own.
    pub(super) fn leave_notes(&self) -> StepNotes {
        StepNotes {
            has_noted: self.has_noted.get(),
            has_cloned: self.has_cloned.get(),
            line: self.line.take(),
        }
    }

    /// The step that was interrupted goes on.
    pub(super) fn return_to_notes(&self, notes: StepNotes) {
        self.has_noted.set(notes.has_noted);
        self.has_cloned.set(notes.has_cloned);
        self.line.set(notes.line);
    }
}

impl Callback {
    /// What an observer hears of it.
    pub(super) fn kind(&self) -> CallKind {
        match self {
            Callback::Call(..) => CallKind::Call,
            Callback::Member(..) => CallKind::Member,
            Callback::Expire(..) => CallKind::Expire,
            Callback::Wake(_) | Callback::Several(_) => CallKind::Wake,
            Callback::Stop => CallKind::Stop,
        }
    }

    /// The line that asked for it.
    pub(super) fn line(&self) -> Option<&'static Location<'static>> {
        match self {
            Callback::Call(_, _, at) => Some(at),
            _ => None,
        }
    }
}

impl EventLoop {
    /// Tells the observer, if there is one.
    #[inline(always)]
    pub(crate) fn observe(&self, event: impl FnOnce() -> Event) {
        if self.observer.is_some() {
            self.tell(event);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(observer) = &self.observer {
            let event = event();
            observer.event(self.time_to_tell(event.what), event);
        }
    }

    /// The time of an event. To read the clock costs as much as the rest of telling. Between the end of a step and the beginning
    /// of the next one no code of others runs, and one reading serves for both; a note of what a step waits for has the
    /// time of the event before it, as the wait begins with the step's end.
    #[inline]
    pub(super) fn time_to_tell(&self, what: What) -> u64 {
        let watched = &self.watched;
        let is_known = match what {
            What::Waits(_) => true,
            What::TurnStarted { .. } | What::PollStarted => watched.is_just_told.get(),
            _ => false,
        };
        if !is_known {
            watched.told_at.set(self.clock.now());
        }
        let ends_step = matches!(what, What::TurnStarted { .. } | What::PollEnded(_));
        watched.is_just_told.set(ends_step);
        watched.told_at.get()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn tell_turn(&self, ready: usize) {
        let turn = self.watched.turns.get() + 1;
        self.watched.turns.set(turn);
        self.observe(|| {
            Event::of(What::TurnStarted {
                turn,
                ready: ready as u32,
            })
        });
        if let Some(observer) = &self.observer
            && observer.wants_snapshots()
        {
            observer.snapshot(self.picture(turn));
        }
    }

    pub(super) fn tell_parked(&self) {
        self.observe(|| {
            let until = self.timers.borrow().next_deadline();
            Event::of(What::Parked { until })
        });
    }

    pub(super) fn tell_inbox(&self, messages: usize) {
        if messages > 0 {
            self.observe(|| {
                Event::of(What::InboxRead {
                    messages: messages as u32,
                })
            });
        }
    }

    /// The timers that stand in the ready queue behind so many entries have just fired.
    #[cold]
    pub(super) fn tell_fired(&self, others: usize) {
        // A position would not do: the queue may have grown since, which counts the positions anew.
        let from = self.ready.head().wrapping_add(others);
        self.ready.each_from(from, |entry| {
            if let Entry::Timer(key) = entry {
                let timer = self.timers.borrow().number(key);
                self.observe(|| Event::of(What::TimerFired { timer }));
            }
        });
    }

    pub(super) fn tell_timer(&self, key: u32) {
        let timers = self.timers.borrow();
        if timers.is_due(key) {
            let timer = timers.number(key);
            drop(timers);
            self.observe(|| Event::of(What::TimerStarted { timer }));
        }
    }

    pub(super) fn tell_source(&self, key: u32) {
        if let Some(source) = self.reactor.number(key) {
            self.observe(|| Event::of(What::SourceStarted { source }));
        }
    }

    /// A timer was set, or given something else to do.
    pub(super) fn timer_set(&self, timer: TimerKey, when: u64, action: Action) -> Event {
        let task = match action {
            Action::Wake(task) | Action::Expire(task) => Some(task),
            Action::Callback(_) => None,
        };
        let cell = task.and_then(|task| self.live_cell(task));
        Event {
            task: cell.map(|cell| TaskId(cell.number)),
            at: None,
            what: What::TimerSet {
                timer: timer.number(),
                when,
            },
        }
    }

    /// Cancels a timer that is still to run, and gives what it would have done.
    #[inline]
    pub(crate) fn take_timer(&self, timer: TimerKey) -> Option<Action> {
        let action = self.timers.borrow_mut().cancel(timer);
        if action.is_some() {
            self.observe(|| {
                Event::of(What::TimerDropped {
                    timer: timer.number(),
                })
            });
        }
        action
    }

    /// Moves a virtual clock.
    pub(super) fn jump(&self, to: u64) {
        let from = self.clock.now();
        self.clock.jump(to);
        if from != to {
            self.observe(|| Event::of(What::TimeJumped { from }));
        }
    }

    /// Puts a callback behind everything that is ready.
    #[inline]
    pub(super) fn queue_callback(&self, key: u32) {
        self.ready.push(Entry::Callback(key));
        if self.has_special(special::OBSERVED) {
            self.tell_callback_queued(key);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_callback_queued(&self, key: u32) {
        if let Some((kind, at)) = self
            .callbacks
            .with(key, |callback| (callback.kind(), callback.line()))
        {
            let by = self.watched.woken_by.get();
            let event = Event::of(What::CallQueued {
                call: key,
                kind,
                by,
            });
            self.observe(|| event.at_line(at));
        }
    }

    /// A task was asked to cancel.
    pub(super) fn tell_asked(
        &self,
        task: TaskId,
        request: &Cancelled,
        abort: bool,
        passed_on: bool,
    ) {
        self.observe(|| {
            Event::of_task(
                task,
                What::CancelAsked {
                    reason: request.reason(),
                    abort,
                    passed_on,
                },
            )
            .at(request.requested_at())
        });
    }

    /// Wakes tasks in `wake`, and tells that it is this which does.
    #[inline]
    pub(super) fn waking_by(&self, by: WokenBy, wake: impl FnOnce()) {
        let outer = self.watched.woken_by.replace(by);
        wake();
        self.watched.woken_by.set(outer);
    }
}
