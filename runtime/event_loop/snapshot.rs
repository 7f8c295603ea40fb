//! A picture of the loop: what is ready, who waits for what, which timers are set. To take one polls nothing.

use super::EventLoop;
use super::listing::TaskState;
use super::observer::TaskId;
use super::ready_queue::Entry;
use super::waits::Wait;

/// A loop between two turns, or at the beginning of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The turn, counted from 1.
    pub turn: u64,
    /// The time of the loop's clock, in nanoseconds.
    pub now: u64,
    /// What stands in the ready queue, in order. What was cancelled there is left out.
    pub ready: Vec<Ready>,
    /// The tasks that have not ended, by their numbers.
    pub tasks: Vec<TaskPicture>,
    /// The timers that are set and not due yet: the numbers, with the deadlines in nanoseconds of the loop's clock, by number.
    pub timers: Vec<(u32, u64)>,
}

/// An entry of the ready queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ready {
    /// A task.
    Task(TaskId),
    /// A callback.
    Call(u32),
    /// A timer that is due.
    Timer(u32),
    /// A source that is ready.
    Source(u32),
}

/// A task of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPicture {
    /// The task.
    pub task: TaskId,
    /// What it is doing.
    pub state: TaskState,
    /// What it waits for, or did before it was woken.
    pub waits: Vec<Wait>,
}

impl EventLoop {
    /// Takes a picture.
    pub(super) fn picture(&self, turn: u64) -> Snapshot {
        let mut ready = Vec::new();
        self.ready.each_from(self.ready.head(), |entry| {
            ready.extend(self.ready_entry(entry));
        });
        let mut timers = Vec::new();
        self.timers
            .borrow()
            .each_waiting(|timer, when| timers.push((timer, when)));
        timers.sort_unstable();
        let tasks = self.tasks_with_slots();
        Snapshot {
            turn,
            now: self.clock.now(),
            ready,
            tasks: tasks
                .into_iter()
                .map(|(index, info)| TaskPicture {
                    task: info.id(),
                    state: info.state(),
                    waits: self.notes(index),
                })
                .collect(),
            timers,
        }
    }

    fn ready_entry(&self, entry: Entry) -> Option<Ready> {
        Some(match entry {
            Entry::Task(index) => {
                let cell = self.tasks.slot(index)?.cell.get()?;
                (!cell.is_finished()).then_some(Ready::Task(TaskId(cell.number)))?
            }
            Entry::Callback(key) => self.callbacks.with(key, |_| Ready::Call(key))?,
            Entry::Timer(key) => {
                let timers = self.timers.borrow();
                timers
                    .is_due(key)
                    .then(|| Ready::Timer(timers.number(key)))?
            }
            Entry::Source(key) => Ready::Source(self.reactor.number(key)?),
        })
    }
}
