//! The copy of a loop's state that another thread can read: kept by an observer, event by event.

use crate::event_loop::event::{Event, PollEnd, WaitsFor, What};
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::{Observer, TaskId};
use crate::sys::clock;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// A line of the program.
pub(in crate::trace) type At = &'static Location<'static>;

/// The observer. Each event takes the lock, for which the other thread vies only while it copies.
pub(crate) struct Mirror(Arc<Mutex<Picture>>);

/// What the loop is like.
#[derive(Clone, Debug, Default)]
pub(in crate::trace) struct Picture {
    /// The tasks that have not ended.
    pub(in crate::trace) tasks: BTreeMap<TaskId, Task>,
    /// The tasks that hold each object, the longest holder first.
    pub(in crate::trace) holders: HashMap<u32, Vec<TaskId>>,
    /// The polls that are going on, the innermost last, each with whether it has noted what it waits for.
    polls: Vec<(TaskId, bool)>,
    /// The callbacks in the ready queue.
    pub(in crate::trace) calls: HashSet<u32>,
    /// How many turns there were.
    pub(in crate::trace) turns: u64,
    /// Since when the loop sleeps, if it does.
    pub(in crate::trace) parked: Option<u64>,
    /// How long it slept before, in nanoseconds.
    pub(in crate::trace) slept: u64,
    /// When the loop was made, by the machine's clock.
    pub(in crate::trace) began: u64,
    /// The machine's clock and the loop's at the last event.
    pub(in crate::trace) last: (u64, u64),
    /// Whether the loop's clock is a virtual one.
    pub(in crate::trace) is_virtual: bool,
}

/// A task that has not ended.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Task {
    /// The name it was given, if it was.
    pub(in crate::trace) name: Option<String>,
    /// The line that spawned it.
    pub(in crate::trace) spawned_at: Option<At>,
    /// The task that did.
    pub(in crate::trace) parent: Option<TaskId>,
    /// What it is doing.
    pub(in crate::trace) state: TaskState,
    /// Since when, by the machine's clock.
    pub(in crate::trace) since: u64,
    /// What it waits for, and where.
    pub(in crate::trace) waits: Vec<(WaitsFor, Option<At>)>,
    /// How often it was polled.
    pub(in crate::trace) polls: u64,
    /// How long its polls took that are over, in nanoseconds.
    pub(in crate::trace) busy: u64,
    /// Whether it was woken during the poll that is going on.
    woke_itself: bool,
}

impl Mirror {
    pub(in crate::trace) fn new(picture: Arc<Mutex<Picture>>) -> Mirror {
        Mirror(picture)
    }

    fn with(&self, f: impl FnOnce(&mut Picture)) {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Observer for Mirror {
    fn event(&self, now: u64, event: Event) {
        self.with(|picture| picture.take(now, event));
    }

    fn attached(&self, virtual_clock: bool) {
        self.with(|picture| {
            picture.began = clock::now();
            picture.is_virtual = virtual_clock;
        });
    }

    fn named(&self, task: TaskId, name: &str) {
        self.with(|picture| picture.take_name(task, name));
    }
}

impl Picture {
    /// Copies the picture, so that the loop does not wait while it is told.
    pub(in crate::trace) fn copy(picture: &Mutex<Picture>) -> Picture {
        picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(in crate::trace) fn take_name(&mut self, task: TaskId, name: &str) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.name = Some(name.to_owned());
        }
    }

    pub(in crate::trace) fn take(&mut self, now: u64, event: Event) {
        let wall = clock::now();
        self.last = (wall, now);
        match event.task {
            Some(task) => self.take_of_task(wall, task, event),
            None => self.take_of_loop(wall, event.what),
        }
    }

    fn take_of_task(&mut self, wall: u64, task: TaskId, event: Event) {
        match event.what {
            What::Spawned => {
                let spawned = Task::new(event.at, self.polls.last().map(|poll| poll.0), wall);
                self.tasks.insert(task, spawned);
            }
            What::Woken { .. } => self.enter(task, TaskState::Queued, wall),
            What::PollStarted => {
                self.polls.push((task, false));
                self.enter(task, TaskState::Running, wall);
                if let Some(known) = self.tasks.get_mut(&task) {
                    known.polls += 1;
                }
            }
            What::Waits(on) => self.waits(task, on, event.at),
            What::PollEnded(end) => self.poll_ended(wall, task, end),
            What::Finished(_) => {
                self.tasks.remove(&task);
            }
            What::ObjectTaken { object } => self.holders.entry(object).or_default().push(task),
            what => self.take_of_loop_by(wall, what, Some(task)),
        }
    }

    fn take_of_loop(&mut self, wall: u64, what: What) {
        self.take_of_loop_by(wall, what, None);
    }

    fn take_of_loop_by(&mut self, wall: u64, what: What, by: Option<TaskId>) {
        match what {
            What::TurnStarted { .. } => self.turns += 1,
            What::Parked { .. } => self.parked = Some(wall),
            What::Unparked | What::RunEnded => {
                self.slept += self.parked.take().map_or(0, |since| wall - since);
            }
            What::CallQueued { call, .. } => {
                self.calls.insert(call);
            }
            What::CallStarted { call } | What::CallDropped { call } => {
                self.calls.remove(&call);
            }
            What::ObjectFreed { object } => self.freed(object, by),
            What::ObjectDropped { object } => {
                self.holders.remove(&object);
            }
            _ => {}
        }
    }

    fn enter(&mut self, task: TaskId, state: TaskState, wall: u64) {
        if let Some(task) = self.tasks.get_mut(&task) {
            // A task that wakes itself is queued when its poll is over.
            let is_own = task.state == TaskState::Running && state == TaskState::Queued;
            if is_own {
                task.woke_itself = true;
            } else {
                task.state = state;
                task.since = wall;
            }
        }
    }

    fn waits(&mut self, task: TaskId, on: WaitsFor, at: Option<At>) {
        let noted = self.polls.last_mut().filter(|poll| poll.0 == task);
        let first = noted.is_none_or(|poll| !std::mem::replace(&mut poll.1, true));
        if let Some(task) = self.tasks.get_mut(&task) {
            if first {
                task.waits.clear();
            }
            task.waits.push((on, at));
        }
    }

    fn poll_ended(&mut self, wall: u64, task: TaskId, end: PollEnd) {
        self.polls.pop_if(|poll| poll.0 == task);
        if let Some(task) = self.tasks.get_mut(&task) {
            task.busy += wall - task.since;
            if end == PollEnd::Pending {
                task.state = match std::mem::take(&mut task.woke_itself) {
                    true => TaskState::Queued,
                    false => TaskState::Waiting,
                };
                task.since = wall;
            }
        }
    }

    fn freed(&mut self, object: u32, by: Option<TaskId>) {
        let Some(holders) = self.holders.get_mut(&object) else {
            return;
        };
        // Somebody else may give it back: a guard can be passed on.
        let place = holders.iter().position(|&holder| Some(holder) == by);
        if !holders.is_empty() {
            holders.remove(place.unwrap_or(0));
        }
        if holders.is_empty() {
            self.holders.remove(&object);
        }
    }
}

impl Task {
    fn new(spawned_at: Option<At>, parent: Option<TaskId>, wall: u64) -> Task {
        Task {
            name: None,
            spawned_at,
            parent,
            state: TaskState::Queued,
            since: wall,
            waits: Vec::new(),
            polls: 0,
            busy: 0,
            woke_itself: false,
        }
    }
}
