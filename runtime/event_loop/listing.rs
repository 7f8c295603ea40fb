//! The list of tasks that have not ended, as asyncio's `all_tasks`.

use super::EventLoop;
use super::cell::State;
use super::observer::TaskId;
use super::slots::QUEUED;
use std::fmt;
use std::panic::Location;

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It waits to be woken.
    Waiting,
    /// It stands in the ready queue: its next step comes within a turn.
    Queued,
    /// It is being polled: it asks for the list, or spawned who does eagerly.
    Running,
}

/// A task that has not ended, as it was when the list was made; see [`tasks`](crate::task::tasks).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    id: TaskId,
    name: String,
    spawned_at: &'static Location<'static>,
    state: TaskState,
    cancel_requests: u32,
}

impl TaskInfo {
    /// Returns the task's number.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Returns the task's name: the one it was given, or `Task-N`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line that spawned the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns what the task is doing.
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Returns how many requests to cancel were made and not taken back.
    pub fn cancel_requests(&self) -> u32 {
        self.cancel_requests
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            TaskState::Waiting => "waiting",
            TaskState::Queued => "queued",
            TaskState::Running => "running",
        };
        write!(f, "{} (spawned at {}) {state}", self.name, self.spawned_at)?;
        match self.cancel_requests {
            0 => Ok(()),
            1 => f.write_str(", asked to cancel"),
            requests => write!(f, ", asked to cancel {requests} times"),
        }
    }
}

impl EventLoop {
    /// The tasks that have not ended, oldest first.
    pub(crate) fn tasks(&self) -> Vec<TaskInfo> {
        let tasks = self.tasks_with_slots();
        tasks.into_iter().map(|(_, info)| info).collect()
    }

    /// The same, each with its slot.
    pub(super) fn tasks_with_slots(&self) -> Vec<(u32, TaskInfo)> {
        let info = |index| {
            let slot = self.tasks.slot(index)?;
            let cell = slot.cell.get().filter(|cell| !cell.is_finished())?;
            let state = match cell.state.get() {
                State::Running => TaskState::Running,
                _ if slot.word.get() & QUEUED != 0 => TaskState::Queued,
                _ => TaskState::Waiting,
            };
            let requests = cell.with_extra_if_any(|extra| extra.cancel.requests);
            let info = TaskInfo {
                id: TaskId(cell.number),
                name: cell.name(),
                spawned_at: cell.spawned_at,
                state,
                cancel_requests: requests.unwrap_or(0),
            };
            Some((index, info))
        };
        let mut all: Vec<(u32, TaskInfo)> = (0..self.tasks.capacity()).filter_map(info).collect();
        all.sort_unstable_by_key(|(_, task)| task.id);
        all
    }
}
