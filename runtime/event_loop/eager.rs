//! Eager start: a task's first step runs within its spawn, as asyncio's `eager_start`.

use super::{EventLoop, special};

impl EventLoop {
    /// Lets what `spawn` spawns start eagerly if this loop runs: that one task, and not what its first step spawns.
    pub(crate) fn eagerly<R>(&self, spawn: impl FnOnce() -> R) -> R {
        if self.running.get() {
            self.set_special(special::EAGER_ONCE);
        }
        let spawned = spawn();
        // A spawn that was refused has not asked for it.
        self.clear_special(special::EAGER_ONCE);
        spawned
    }

    /// Whether the task that has just been spawned is to start at once.
    pub(super) fn starts_eagerly(&self) -> bool {
        let eager = self.has_special(special::EAGER | special::EAGER_ONCE);
        self.clear_special(special::EAGER_ONCE);
        eager
    }

    /// Runs the first step of a new task, which is not queued, in the middle of whatever runs now.
    pub(super) fn start(&self, index: u32) {
        let tasks = &self.tasks;
        let current = tasks.current.get();
        let awaits = tasks.awaits.get();
        let scope = tasks.scope.replace(0);
        let notes = self.watched.leave_notes();
        self.run_task::<true>(index);
        self.watched.return_to_notes(notes);
        tasks.current.set(current);
        tasks.awaits.set(awaits);
        tasks.scope.set(scope);
    }
}
