//! Where each event came from: what a recorder remembers so as to name the cause of the next one.
//!
//! The loop does one thing after the other, so that what an event came from is mostly what runs at the time: the poll that is
//! going on, or the callback, timer or source whose turn it is. Polls nest where a task starts eagerly. For the rest it
//! is remembered who queued a task, set a timer, submitted a job.

use super::mix::Mix;
use crate::event_loop::event::{Event, PollEnd, What, WokenBy};
use crate::event_loop::observer::JobId;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// A map by numbers that nobody chooses to collide.
pub(super) type ByNumber<V> = HashMap<u64, V, BuildHasherDefault<Mix>>;

/// What is known of a task, by numbers of events.
#[derive(Clone, Copy, Default)]
struct Task {
    /// What queued it last.
    ready: u64,
    /// The start of its last poll, from the end of that on if the task ended in it.
    last_poll: u64,
    /// The last request to cancel it.
    asked: u64,
}

/// What the recorder remembers.
#[derive(Default)]
pub(super) struct Causes {
    /// What runs outside of polls: the callback, the timer, the source, or the turn.
    outer: u64,
    /// The polls that are going on, the innermost last.
    polls: Vec<u64>,
    tasks: ByNumber<Task>,
    /// What set the timers, or let them fire.
    timers: ByNumber<u64>,
    /// What queued the callbacks.
    calls: ByNumber<u64>,
    /// What made the sources ready.
    sources: ByNumber<u64>,
    /// What submitted the jobs, or began them.
    jobs: ByNumber<u64>,
    /// The last end of a task.
    last_end: u64,
    /// The last request to cancel.
    last_asked: u64,
    /// The last reading of the inbox.
    last_inbox: u64,
}

impl Causes {
    /// What runs.
    fn running(&self) -> u64 {
        self.polls.last().copied().unwrap_or(self.outer)
    }

    /// Something else has its turn.
    fn run(&mut self, seq: u64) {
        if self.polls.is_empty() {
            self.outer = seq;
        }
    }

    fn woken(&self, by: WokenBy, task: u64) -> u64 {
        match by {
            WokenBy::Running => self.running(),
            WokenBy::End => self.last_end,
            WokenBy::Cancel => match self.tasks.get(&task) {
                Some(task) if task.asked != 0 => task.asked,
                _ => self.running(),
            },
            WokenBy::Thread => self.last_inbox,
            WokenBy::Nobody => 0,
        }
    }

    /// Takes an event of this number in, and gives the number of the one that it came from; 0 for none.
    #[inline]
    pub(super) fn cause_of(&mut self, seq: u64, event: &Event) -> u64 {
        let task = event.task.map_or(0, |task| task.0);
        match event.what {
            What::PollStarted | What::PollEnded(_) | What::Woken { .. } | What::Spawned => {
                self.of_step(seq, task, event.what)
            }
            What::Waits(_) => self.running(),
            What::Finished(_) => {
                let known = self.tasks.remove(&task).unwrap_or_default();
                self.last_end = seq;
                match (known.last_poll, known.asked) {
                    (0, 0) => self.running(),
                    (0, asked) => asked,
                    (poll, _) => poll,
                }
            }
            What::CallQueued { call, by, .. } => {
                let cause = self.woken(by, 0);
                self.calls.insert(call.into(), seq);
                cause
            }
            What::CallStarted { call } => {
                let queued = self.calls.remove(&call.into());
                let cause = queued.unwrap_or(self.running());
                self.run(seq);
                cause
            }
            What::TimerSet { timer, .. } => {
                self.timers.insert(timer.into(), seq);
                self.running()
            }
            What::TimerFired { timer } => self.timers.insert(timer.into(), seq).unwrap_or_default(),
            What::TimerStarted { timer } => {
                self.run(seq);
                self.timers.remove(&timer.into()).unwrap_or_default()
            }
            What::TimerDropped { timer } => {
                self.timers.remove(&timer.into());
                self.running()
            }
            What::SourceReady { source, .. } => {
                self.sources.insert(source.into(), seq);
                0
            }
            What::SourceStarted { source } => {
                self.run(seq);
                self.sources.remove(&source.into()).unwrap_or_default()
            }
            What::TurnStarted { .. } | What::Parked { .. } | What::Unparked => {
                self.run(seq);
                0
            }
            What::RunStarted => {
                self.polls.clear();
                self.run(seq);
                0
            }
            What::RunEnded => {
                // What comes between two runs comes from the program, not from what ran last.
                self.outer = 0;
                0
            }
            What::TimeJumped { .. } => 0,
            other => self.of_rare(seq, task, other),
        }
    }

    /// The cause of an event of a task's step.
    #[inline]
    fn of_step(&mut self, seq: u64, task: u64, what: What) -> u64 {
        match what {
            What::PollStarted => {
                self.polls.push(seq);
                self.tasks.get(&task).map_or(0, |task| task.ready)
            }
            What::PollEnded(end) => {
                let started = self.polls.pop().unwrap_or_default();
                if end == PollEnd::Ready {
                    self.tasks.entry(task).or_default().last_poll = started;
                }
                started
            }
            What::Woken { by } => {
                let cause = self.woken(by, task);
                self.tasks.entry(task).or_default().ready = seq;
                cause
            }
            _ => {
                self.tasks.entry(task).or_default().ready = seq;
                self.running()
            }
        }
    }

    fn of_rare(&mut self, seq: u64, task: u64, what: What) -> u64 {
        let job = |job: JobId| job.0;
        match what {
            What::CancelAsked { passed_on, .. } => {
                let cause = match passed_on {
                    true => self.last_asked,
                    false => self.running(),
                };
                self.last_asked = seq;
                self.tasks.entry(task).or_default().asked = seq;
                cause
            }
            What::CancelDelivered | What::CancelAbsorbed => {
                self.tasks.get(&task).map_or(0, |task| task.asked)
            }
            What::InboxRead { .. } => {
                self.last_inbox = seq;
                self.run(seq);
                0
            }
            What::JobSubmitted { job: number } => {
                self.jobs.insert(job(number), seq);
                self.running()
            }
            What::JobStarted { job: number, .. } => {
                self.jobs.insert(job(number), seq).unwrap_or_default()
            }
            What::JobFinished { job: number, .. } => {
                self.run(seq);
                self.jobs.remove(&job(number)).unwrap_or_default()
            }
            What::CallDropped { call } => {
                self.calls.remove(&call.into());
                self.running()
            }
            What::SourceDropped { source } => {
                self.sources.remove(&source.into());
                self.running()
            }
            _ => self.running(),
        }
    }
}
