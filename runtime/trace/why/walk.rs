//! The walk: from an event to its cause, from that to its own, until the run began.
//!
//! The place of the walk is an event, and the time down to which the path is known. Each step adds the part between that time
//! and the event's cause, and goes on there. Causes have smaller numbers, so that it ends.

use super::index::Index;
use super::words::Words;
use super::{Kind, Path, Segment, Target};
use crate::event_loop::event::{PollEnd, WaitsFor, What, WokenBy};
use crate::event_loop::observer::TaskId;
use crate::trace::log::Log;
use crate::trace::record::Record;

struct Walk<'a> {
    log: &'a Log,
    index: Index,
    words: Words<'a>,
    /// The parts that are known, the last one first.
    segments: Vec<Segment>,
    /// The events on the way, the last one first.
    events: Vec<u64>,
    /// Down to which time the path is known.
    time: u64,
    /// The cause that the log has no longer.
    missing: Option<u64>,
}

/// The path to an event.
pub(super) fn path<'a>(log: &'a Log, target: Target, event: &'a Record) -> Path<'a> {
    let mut walk = Walk {
        log,
        index: Index::of(log),
        words: Words::of(log),
        segments: Vec::new(),
        events: Vec::new(),
        time: event.now,
        missing: None,
    };
    let mut at = event;
    loop {
        walk.events.push(at.seq);
        match walk.step(at) {
            Some(next) => at = next,
            None => break,
        }
    }
    walk.begin(at, event);
    walk.segments.reverse();
    walk.events.reverse();
    walk.events.dedup();
    Path {
        segments: walk.segments,
        events: walk.events,
        missing: walk.missing,
        log,
        target,
    }
}

impl<'a> Walk<'a> {
    /// A step: adds what lies between an event and its cause, and gives the cause.
    fn step(&mut self, at: &'a Record) -> Option<&'a Record> {
        match at.what {
            What::PollStarted => self.stood_ready(at),
            What::Woken { by } => self.woken(at, by),
            What::TimerStarted { .. } => self.stood_ready(at),
            What::TimerFired { timer } => self.timer(at, timer),
            What::SourceStarted { .. } => self.stood_ready(at),
            What::SourceReady { source, .. } => self.source(at, source),
            What::CallStarted { .. } => self.stood_ready(at),
            What::JobFinished { .. } => self.job(at),
            What::Finished(_) => self.ended(at),
            // What the loop does by itself: the time before belongs to what it did last.
            What::RunStarted => None,
            What::TurnStarted { .. }
            | What::Parked { .. }
            | What::Unparked
            | What::RunEnded
            | What::TimeJumped { .. }
            | What::InboxRead { .. } => self.before(at),
            _ => self.done_by(at),
        }
    }

    /// Adds a part that ends where the path is known from: it begins with a cause, and ends with an event.
    fn add(
        &mut self,
        from: u64,
        kind: Kind,
        task: Option<TaskId>,
        (cause, event): (&Record, &Record),
    ) -> &mut Segment {
        let segment = Segment {
            from: from.min(self.time),
            to: self.time,
            kind,
            task,
            words: String::new(),
            line: 0,
            cause: cause.seq,
            event: event.seq,
        };
        self.time = segment.from;
        self.segments.push(segment);
        self.segments.last_mut().expect("it was just put there")
    }

    /// The same, unless it takes no time.
    fn add_time(
        &mut self,
        from: u64,
        kind: Kind,
        task: Option<TaskId>,
        between: (&Record, &Record),
    ) -> Option<&mut Segment> {
        (from < self.time).then(|| self.add(from, kind, task, between))
    }

    /// The record of a cause; without one the path begins here.
    fn cause(&mut self, at: &Record) -> Option<&'a Record> {
        let cause = self.log.record(at.cause);
        if cause.is_none() && at.cause != 0 {
            self.missing = Some(at.cause);
        }
        cause
    }

    /// Something was done in a step or a callback, which ran until then.
    fn done_by(&mut self, at: &'a Record) -> Option<&'a Record> {
        let cause = self.cause(at)?;
        match cause.what {
            What::PollStarted => {
                if let Some(finished) = self.result_before(cause, at) {
                    let words = format!(
                        "hears of its end, and {}",
                        self.words.done(at, &self.index).0
                    );
                    let task = cause.task;
                    if let Some(segment) =
                        self.add_time(finished.now, Kind::Running, task, (finished, at))
                    {
                        segment.words = words;
                    }
                    return Some(finished);
                }
                let words = self.words.done(at, &self.index);
                let segment = self.add(cause.now, Kind::Running, cause.task, (cause, at));
                (segment.words, segment.line) = words;
            }
            What::CallStarted { .. } | What::TimerStarted { .. } | What::SourceStarted { .. } => {
                let (words, line) = self.words.done(at, &self.index);
                let call = self.words.what_ran(cause);
                if let Some(segment) = self.add_time(cause.now, Kind::Running, None, (cause, at)) {
                    segment.words = format!("{call} runs, and {words}");
                    segment.line = line;
                }
            }
            _ => {}
        }
        Some(cause)
    }

    /// The last result of a job that came within a step: the task is one of a pool's own, and what it does is done for the job.
    fn result_before(&self, poll: &Record, at: &Record) -> Option<&'a Record> {
        let within = (poll.seq..at.seq).rev();
        let mut within = within.map_while(|seq| self.log.record(seq));
        within.find(|record| {
            let begun = self.log.record(record.cause);
            matches!(record.what, What::JobFinished { .. })
                && begun.is_some_and(|begun| matches!(begun.what, What::JobStarted { .. }))
        })
    }

    /// Something stood in the ready queue, until its turn came.
    fn stood_ready(&mut self, at: &'a Record) -> Option<&'a Record> {
        let cause = self.cause(at)?;
        let words = self.words.behind(cause, at);
        let task = at.task;
        let wait = self.words.last_wait(&self.index, task, cause.seq);
        if let Some(segment) = self.add_time(cause.now, Kind::Ready, task, (cause, at)) {
            segment.words = words;
            segment.line = wait.map_or(0, |wait| wait.line);
        }
        Some(cause)
    }

    /// A task was woken: by what ran, or from outside of the loop.
    fn woken(&mut self, at: &'a Record, by: WokenBy) -> Option<&'a Record> {
        let cause = self.cause(at);
        if self.missing.is_some() {
            return None;
        }
        match (cause, by) {
            (Some(cause), WokenBy::Running | WokenBy::End | WokenBy::Cancel) if is_deed(cause) => {
                self.done_by(at)
            }
            _ => self.waited(at),
        }
    }

    /// A task has waited for something that the loop has no cause of.
    fn waited(&mut self, at: &'a Record) -> Option<&'a Record> {
        let paused = self.index.of_task(at.task, at.seq).find_map(|seq| {
            let record = self.log.record(seq)?;
            (!matches!(record.what, What::Waits(_))).then_some(record)
        });
        let Some(paused) = paused else {
            self.missing = (self.log.dropped > 0).then_some(self.log.dropped);
            return None;
        };
        let wait = self.words.last_wait(&self.index, at.task, at.seq);
        let kind = match wait.map(|wait| wait.what) {
            Some(What::Waits(WaitsFor::Source { .. })) => Kind::Net,
            Some(What::Waits(WaitsFor::Timer { .. })) => Kind::Timer,
            Some(What::Waits(WaitsFor::Job(_))) => Kind::Worker,
            Some(What::Waits(WaitsFor::Turn)) => Kind::Ready,
            _ => Kind::Outside,
        };
        let words = match wait.filter(|_| paused.what == What::PollEnded(PollEnd::Pending)) {
            Some(wait) => self.words.waits(wait),
            None => "is to run".to_owned(),
        };
        if let Some(segment) = self.add_time(paused.now, kind, at.task, (paused, at)) {
            segment.words = words;
            segment.line = wait.map_or(0, |wait| wait.line);
        }
        Some(paused)
    }

    /// A timer is due.
    fn timer(&mut self, at: &'a Record, timer: u32) -> Option<&'a Record> {
        let set = self.cause(at)?;
        let When { when, wait } = self.words.when(&self.index, set, timer);
        let task = set.task.or(wait.and_then(|wait| wait.task));
        let (kind, late) = self.words.late(set, at);
        if let Some(segment) = self.add_time(when, kind, task, (set, at)) {
            segment.words = late;
        }
        let words = self.words.slept(set, wait, when);
        if let Some(segment) = self.add_time(set.now, Kind::Timer, task, (set, at)) {
            segment.words = words;
            segment.line = wait.map_or(set.line, |wait| wait.line);
        }
        Some(set)
    }

    /// A source is ready.
    fn source(&mut self, at: &'a Record, source: u32) -> Option<&'a Record> {
        let wait = self.index.wait_for_source(self.log, source, at.seq);
        let Some(wait) = wait else {
            return self.before(at);
        };
        let words = self.words.waits(wait);
        if let Some(segment) = self.add_time(wait.now, Kind::Net, wait.task, (wait, at)) {
            segment.words = words;
            segment.line = wait.line;
        }
        Some(wait)
    }

    /// A job is over.
    fn job(&mut self, at: &'a Record) -> Option<&'a Record> {
        let What::JobFinished { ago, .. } = at.what else {
            return None;
        };
        let begun = self.cause(at)?;
        let (worker, started, submitted) = match begun.what {
            What::JobStarted { worker, ago, .. } => {
                let submitted = self.log.record(begun.cause);
                (Some(worker), begun.now.saturating_sub(ago), submitted)
            }
            _ => (None, at.now.saturating_sub(ago), Some(begun)),
        };
        let least = submitted.map_or(begun.now.min(started), |submitted| submitted.now);
        let task = submitted.and_then(|submitted| self.log.record(submitted.cause)?.task);
        let line = submitted.map_or(0, |submitted| submitted.line);
        let ended = at.now.saturating_sub(ago).max(least);
        if let Some(segment) = self.add_time(ended, Kind::Loop, task, (begun, at)) {
            segment.words = "the job is over, and the loop has yet to hear of it".to_owned();
        }
        let words = self.words.worked(at, worker);
        let started = started.clamp(least, ended);
        if let Some(segment) = self.add_time(started, Kind::Worker, task, (begun, at)) {
            segment.words = words;
            segment.line = line;
        }
        let Some(submitted) = submitted else {
            self.missing = Some(begun.cause).filter(|&cause| cause != 0);
            return None;
        };
        let words = self.words.in_line(submitted, begun, worker);
        if let Some(segment) = self.add_time(submitted.now, Kind::Queued, task, (submitted, at)) {
            segment.words = words;
            segment.line = line;
        }
        Some(submitted)
    }

    /// A task has ended: in its step, or by a cancel before that.
    fn ended(&mut self, at: &'a Record) -> Option<&'a Record> {
        let cause = self.cause(at)?;
        if !matches!(cause.what, What::CancelAsked { .. }) {
            return self.done_by(at);
        }
        let words = self.words.behind(cause, at);
        if let Some(segment) = self.add_time(cause.now, Kind::Ready, at.task, (cause, at)) {
            segment.words = words;
            segment.line = cause.line;
        }
        Some(cause)
    }

    /// What was done last before something that has no cause: the last end of a poll.
    fn before(&mut self, at: &'a Record) -> Option<&'a Record> {
        let first = self.log.records.first()?.seq;
        let place = usize::try_from(at.seq - first).ok()?;
        let last = self.log.records[..place].iter().rev().find(|record| {
            matches!(
                record.what,
                What::PollEnded(_) | What::Finished(_) | What::RunStarted
            )
        });
        let Some(last) = last else {
            self.missing = (self.log.dropped > 0).then_some(self.log.dropped);
            return None;
        };
        let (kind, words) = match at.what {
            What::InboxRead { .. } => (Kind::Outside, "another thread has something to say"),
            _ => (Kind::Loop, "nothing is ready, and no wait is known"),
        };
        if let Some(segment) = self.add_time(last.now, kind, None, (last, at)) {
            segment.words = words.to_owned();
        }
        Some(last)
    }

    /// The time before the first event that is known to lead to the target.
    fn begin(&mut self, first: &Record, target: &Record) {
        if self.missing.is_some() {
            return;
        }
        if let Some(segment) = self.add_time(first.now, Kind::Loop, None, (first, target)) {
            segment.words = "the loop does its own work".to_owned();
        }
        let run = self.index.run_before(target.seq);
        if let Some(run) = run.and_then(|run| self.log.record(run))
            && run.seq < first.seq
            && let Some(segment) = self.add_time(run.now, Kind::Outside, None, (run, first))
        {
            segment.words = "what comes next came from outside".to_owned();
        }
    }
}

/// When a timer was to ring, and the wait that it was set for.
pub(super) struct When<'a> {
    /// Its deadline, by the loop's clock.
    pub when: u64,
    /// The wait, if a task waits for the timer itself.
    pub wait: Option<&'a Record>,
}

/// Whether something ran, ended or asked that can be gone on with.
fn is_deed(cause: &Record) -> bool {
    !matches!(
        cause.what,
        What::InboxRead { .. }
            | What::TurnStarted { .. }
            | What::Parked { .. }
            | What::Unparked
            | What::RunStarted
            | What::RunEnded
    )
}
