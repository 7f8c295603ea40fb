//! What is found of a stall: the figures of its step, and who had to wait.

use super::Victim;
use super::board::{Board, Step};
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::TaskId;
use crate::sys::thread::Figures;
use crate::trace::live::mirror::At;
use std::cmp::Reverse;
use std::time::Duration;

/// A shorter wait is no harm.
const HARM: u64 = 1_000_000;

/// A stall that has been measured, and not yet judged.
pub(super) struct Finding {
    /// The task; `None` for a callback.
    pub(super) task: Option<TaskId>,
    /// Its name.
    pub(super) name: Option<String>,
    /// The line that spawned it, or asked for the callback.
    pub(super) from: Option<At>,
    /// The line at which it last waited.
    pub(super) resumed_at: Option<At>,
    /// How long it lasted, in nanoseconds, stalls within it left out.
    pub(super) wall: u64,
    /// How long the thread ran.
    pub(super) cpu: u64,
    /// How long the thread stood in the system's queue.
    pub(super) delayed: u64,
    /// How long the watching thread was not run, though it could.
    pub(super) gap: u64,
    /// Where the thread slept.
    pub(super) slept_in: Option<String>,
    /// Where the thread was.
    pub(super) stack: Vec<usize>,
    /// Who had to wait.
    pub(super) victims: Vec<Victim>,
    /// Whether it is over.
    pub(super) is_over: bool,
}

impl Board {
    /// The step that is going on, as far as it has come.
    pub(super) fn stuck(&self, figures: Figures) -> Option<Finding> {
        let step = self.steps.last()?;
        let passed = match self.picture.is_virtual {
            true => 0,
            false => figures.wall.saturating_sub(step.since),
        };
        Some(self.finding(step, step.loop_since + passed, figures, false))
    }

    /// What is known of a step at these figures, and at this time of the loop's clock.
    pub(super) fn finding(
        &self,
        step: &Step,
        now: u64,
        figures: Figures,
        is_over: bool,
    ) -> Finding {
        let task = step.task.and_then(|task| self.picture.tasks.get(&task));
        let wall = figures.wall.saturating_sub(step.since + step.inner);
        let measure = |counter: fn(&Figures) -> u64| self.share(step, &figures, counter).min(wall);
        Finding {
            task: step.task,
            name: task.and_then(|task| task.name.clone()),
            from: task.and_then(|task| task.spawned_at).or(step.from),
            resumed_at: step.resumed_at,
            wall,
            cpu: measure(|figures| figures.cpu),
            delayed: measure(|figures| figures.delayed),
            gap: step.gap,
            slept_in: step.slept_in.clone(),
            stack: step.stack.clone(),
            victims: self.victims(step, now, figures.wall),
            is_over,
        }
    }

    /// How far a counter has moved in a step: exactly since the first look within it; before that, at most as far as it moved at all
    /// since the look before, and as time did.
    fn share(&self, step: &Step, end: &Figures, counter: fn(&Figures) -> u64) -> u64 {
        let moved = |from: &Figures, to: &Figures| counter(to).saturating_sub(counter(from));
        match &step.looks {
            Some((before, first)) => {
                let start = moved(before, first).min(first.wall.saturating_sub(step.since));
                start + moved(first, end)
            }
            None => moved(&self.last, end),
        }
    }

    fn victims(&self, step: &Step, now: u64, wall: u64) -> Vec<Victim> {
        let waited = |since: u64| wall.saturating_sub(since.max(step.since));
        let late = |when: u64| now.saturating_sub(when.max(step.loop_since));
        let ready = self
            .picture
            .tasks
            .iter()
            .filter(|(_, task)| task.state == TaskState::Queued);
        let ready = ready.map(|(&id, task)| (Some(id), false, waited(task.since)));
        let calls = self
            .calls
            .values()
            .map(|&since| (None, false, waited(since)));
        let timers = self
            .timers
            .values()
            .map(|&(task, when)| (task, true, late(when)));
        let all = ready.chain(calls).chain(timers);
        let mut all: Vec<_> = all
            .filter(|&(task, _, by)| by >= HARM && (task.is_none() || task != step.task))
            .collect();
        all.sort_by_key(|&(task, is_timer, by)| (Reverse(by), is_timer, task));
        let name = |task: Option<TaskId>| self.picture.tasks.get(&task?)?.name.clone();
        all.into_iter()
            .map(|(task, is_timer, by)| Victim {
                task,
                name: name(task),
                is_timer,
                by: Duration::from_nanos(by),
            })
            .collect()
    }
}
