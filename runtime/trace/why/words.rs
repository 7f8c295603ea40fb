//! What happened in a part of a path, in words: the story's, and what the story does not say.

use super::Kind;
use super::index::Index;
use super::walk::When;
use crate::event_loop::event::{CallKind, ObjectKind, WaitsFor, What};
use crate::event_loop::observer::{TaskId, WorkerId};
use crate::trace::causes::ByNumber;
use crate::trace::log::Log;
use crate::trace::record::Record;
use crate::trace::state::State;
use crate::trace::story::Story;
use crate::trace::story::sentences::{job_word, object_word, worker_word};

pub(super) struct Words<'a> {
    log: &'a Log,
    story: Story<'a>,
    /// A state that knows nothing: the words are about one record.
    nothing: State,
    /// What kinds of things the objects are.
    kinds: ByNumber<ObjectKind>,
}

/// Nanoseconds, in the unit that suits.
pub(super) fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} us", nanoseconds as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.3} s", nanoseconds as f64 / 1e9),
    }
}

impl<'a> Words<'a> {
    pub(super) fn of(log: &'a Log) -> Self {
        let made = log.records.iter().filter_map(|record| match record.what {
            What::ObjectMade { object, kind } => Some((object.into(), kind)),
            _ => None,
        });
        Words {
            log,
            story: Story::of(log),
            nothing: State::default(),
            kinds: made.collect(),
        }
    }

    fn name(&self, task: Option<TaskId>) -> String {
        task.map_or("a task".to_owned(), |task| self.story.name(task))
    }

    /// What a task waits for before an event, as its last step has noted it.
    ///
    /// A step that notes nothing may still wait for what an older one has noted, or for something new: it is not said.
    pub(super) fn last_wait(
        &self,
        index: &Index,
        task: Option<TaskId>,
        before: u64,
    ) -> Option<&'a Record> {
        task?;
        let mut first = None;
        let mut has_ended = false;
        for seq in index.of_task(task, before) {
            let record = self.log.record(seq)?;
            match record.what {
                What::Waits(_) => first = Some(record),
                What::PollEnded(_) if !has_ended && first.is_none() => has_ended = true,
                _ => break,
            }
        }
        first
    }

    /// What a task waits for, by its `Waits`.
    pub(super) fn waits(&self, wait: &Record) -> String {
        match wait.what {
            What::Waits(on) => self.story.waits(on, &self.nothing),
            _ => "waits".to_owned(),
        }
    }

    /// What was done in a step, and the line where the step went on, or of what it did.
    pub(super) fn done(&self, at: &'a Record, index: &Index) -> (String, u32) {
        let resumed = || {
            let task = self.log.record(at.cause).and_then(|poll| poll.task);
            let wait = self.last_wait(index, task, at.cause);
            wait.map_or_else(|| self.spawned_at(index, task, at.cause), |wait| wait.line)
        };
        let whom = || self.name(at.task);
        let words = match at.what {
            What::Spawned => return (format!("spawns {}", whom()), at.line),
            What::Woken { .. } => {
                let what = match self.called(at) {
                    Some(object) => format!("gives {object} to {}", whom()),
                    None => format!("wakes {}", whom()),
                };
                match self.last_wait(index, at.task, at.seq) {
                    Some(wait) => format!("{what}, which {}", self.waits(wait)),
                    None => what,
                }
            }
            What::Finished(_) => "comes to its end".to_owned(),
            What::CancelAsked { .. } => {
                return (format!("asks {} to cancel", whom()), at.line);
            }
            What::JobSubmitted { job } => {
                return (format!("gives job {} to a pool", job.0), at.line);
            }
            What::TimerSet { .. }
                if at.task == self.log.record(at.cause).and_then(|it| it.task) =>
            {
                "has to wait for a time".to_owned()
            }
            What::TimerSet { .. } => "sets a timer".to_owned(),
            What::Waits(_) => "comes to a wait".to_owned(),
            What::CallQueued {
                kind: CallKind::Stop,
                ..
            } => "stops the loop".to_owned(),
            What::CallQueued { .. } => "queues a callback".to_owned(),
            What::PollEnded(_) => "pauses".to_owned(),
            _ => "goes on".to_owned(),
        };
        (words, resumed())
    }

    /// The line that spawned a task.
    fn spawned_at(&self, index: &Index, task: Option<TaskId>, before: u64) -> u32 {
        let mut records = index.of_task(task, before);
        let spawned = records.find_map(|seq| {
            let record = self.log.record(seq)?;
            (record.what == What::Spawned).then_some(record)
        });
        spawned.map_or(0, |spawned| spawned.line)
    }

    /// The object that was given to the task just before it was woken.
    fn called(&self, woken: &Record) -> Option<String> {
        let before = self.log.record(woken.seq - 1)?;
        let What::ObjectCalled { object } = before.what else {
            return None;
        };
        let is_its = before.task == woken.task && before.cause == woken.cause;
        is_its.then(|| format!("{} {object}", self.object_word(object)))
    }

    fn object_word(&self, object: u32) -> &'static str {
        let kind = self.kinds.get(&object.into());
        kind.map_or("object", |&kind| object_word(kind))
    }

    /// What ran outside of a step.
    pub(super) fn what_ran(&self, cause: &Record) -> String {
        match cause.what {
            What::CallStarted { call } => format!("call {call}"),
            What::TimerStarted { timer } => format!("timer {timer}"),
            What::SourceStarted { source } => format!("source {source}"),
            _ => "the loop".to_owned(),
        }
    }

    /// What ran while somebody stood in the ready queue.
    pub(super) fn behind(&self, from: &Record, to: &Record) -> String {
        match self.ran_between(from.seq, to.seq) {
            Some(ran) => format!("is ready, behind {ran}"),
            None => "is ready, and the loop comes to it".to_owned(),
        }
    }

    /// The steps and callbacks between two events: which took longest, and how many there were.
    fn ran_between(&self, from: u64, to: u64) -> Option<String> {
        let mut longest: Option<(&Record, u64)> = None;
        let (mut count, mut sum) = (0, 0_u64);
        let mut running: Option<&Record> = None;
        for seq in from..=to {
            let record = self.log.record(seq)?;
            let starts = is_start(record.what);
            let ends = matches!(record.what, What::PollEnded(_) | What::TurnStarted { .. });
            if !starts && !ends && seq != to {
                continue;
            }
            if let Some(begun) = running.take() {
                // In a damaged log the clock may go back.
                let took = record.now.saturating_sub(begun.now);
                (count, sum) = (count + 1, sum.saturating_add(took));
                if took > longest.map_or(0, |(_, longest)| longest) {
                    longest = Some((begun, took));
                }
            }
            running = starts.then_some(record);
        }
        let (begun, took) = longest?;
        let who = match begun.task {
            Some(_) => self.name(begun.task),
            None => self.what_ran(begun),
        };
        let took = duration(took);
        Some(match count {
            1 => format!("{who}, {took}"),
            _ => format!(
                "{count} steps of {}, the longest {who}, {took}",
                duration(sum)
            ),
        })
    }

    /// When a timer that was set is to ring, and the wait for it.
    pub(super) fn when(&self, index: &Index, set: &Record, timer: u32) -> When<'a> {
        let when = match set.what {
            What::TimerSet { when, .. } => when,
            _ => set.now,
        };
        let mut wait = None;
        for seq in index.of_task_after(set.task, set.seq) {
            let Some(record) = self.log.record(seq) else {
                break;
            };
            match record.what {
                What::Waits(WaitsFor::Timer { timer: own, .. }) if own == timer => {
                    wait = Some(record);
                    break;
                }
                What::Waits(_) => {}
                _ => break,
            }
        }
        When { when, wait }
    }

    /// Why a timer was late.
    pub(super) fn late(&self, set: &Record, fired: &Record) -> (Kind, String) {
        let records = &self.log.records;
        let place = |seq: u64| (seq - records[0].seq) as usize;
        let between = &records[place(set.seq)..place(fired.seq)];
        let What::TimerSet { when, .. } = set.what else {
            return (Kind::Loop, "the loop comes late to a timer".to_owned());
        };
        let on_time = between.partition_point(|record| record.now <= when);
        let from = set.seq + on_time.saturating_sub(1) as u64;
        match self.ran_between(from, fired.seq) {
            Some(ran) => (Kind::Ready, format!("is due, behind {ran}")),
            None => (Kind::Loop, "the system wakes the loop late".to_owned()),
        }
    }

    /// What a timer was for.
    pub(super) fn slept(&self, set: &Record, wait: Option<&Record>, when: u64) -> String {
        let length = duration(when.saturating_sub(set.now));
        match (wait, set.task) {
            (Some(_), _) => format!("sleeps for {length}"),
            (None, Some(_)) => format!("has a time limit of {length}"),
            (None, None) => format!("a callback is to run after {length}"),
        }
    }

    /// What a worker did.
    pub(super) fn worked(&self, finished: &Record, worker: Option<WorkerId>) -> String {
        let What::JobFinished { job, end, .. } = finished.what else {
            return "a worker works".to_owned();
        };
        let end = job_word(end);
        match worker {
            Some(worker) => format!(
                "{} works on job {}, which {end}",
                worker_word(worker),
                job.0
            ),
            None => format!("job {} {end}", job.0),
        }
    }

    /// Behind which job another one stood in line.
    pub(super) fn in_line(
        &self,
        submitted: &Record,
        begun: &Record,
        worker: Option<WorkerId>,
    ) -> String {
        let between = (submitted.seq..=begun.seq).rev();
        let before = between.filter_map(|seq| self.log.record(seq));
        let before = before.skip(1).find_map(|record| match record.what {
            What::JobStarted {
                job, worker: own, ..
            } if Some(own) == worker => Some(job),
            What::JobFinished { job, .. } if self.worker_of(record) == worker => Some(job),
            _ => None,
        });
        match before {
            Some(job) => format!("is queued for a worker, behind job {}", job.0),
            None => "is queued for a worker".to_owned(),
        }
    }

    fn worker_of(&self, finished: &Record) -> Option<WorkerId> {
        match self.log.record(finished.cause)?.what {
            What::JobStarted { worker, .. } => Some(worker),
            _ => None,
        }
    }
}

fn is_start(what: What) -> bool {
    matches!(
        what,
        What::PollStarted
            | What::CallStarted { .. }
            | What::TimerStarted { .. }
            | What::SourceStarted { .. }
    )
}
