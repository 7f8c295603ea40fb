//! What happened, in a sentence for each kind of record.

use super::super::record::Record;
use super::super::state::State;
use super::{Seconds, Story};
use crate::error::CancelReason;
use crate::event_loop::event::{
    Act, CallKind, Direction, ObjectKind, PollEnd, TaskEnd, WaitsFor, What, WokenBy,
};
use crate::event_loop::observer::{JobEnd, TaskId, WorkerId};
use crate::event_loop::snapshot::Ready;

/// So many entries of the ready queue are named, so many holders of an object.
const NAMED: usize = 8;

impl Story<'_> {
    /// Whom a record is about, and what happened. The state is the one before it.
    pub(in crate::trace) fn sentence(&self, state: &State, record: &Record) -> (String, String) {
        match record.task {
            Some(task) if is_of_task(record.what) => {
                (self.name(task), self.of_task(task, state, record))
            }
            _ => self.of_loop(state, record),
        }
    }

    /// A task, by its number and by the name that it was given.
    pub(in crate::trace) fn name(&self, task: TaskId) -> String {
        match self.log.given_name(task) {
            Some(name) => format!("T{} {name:?}", task.0),
            None => format!("T{}", task.0),
        }
    }

    fn of_task(&self, task: TaskId, state: &State, record: &Record) -> String {
        let why = self.reason(state, record);
        match record.what {
            What::Spawned => self.spawned(task, state, record),
            What::Named => format!("is named {:?}", self.log.name(task)),
            What::Woken {
                by: WokenBy::Nobody,
            } => "is polled for a test's sake: nobody woke it".to_owned(),
            What::Woken { .. } => format!("joins the ready queue{}{why}", behind(state)),
            What::PollStarted => {
                let polls = state.tasks.get(&task).map_or(0, |task| task.polls) + 1;
                let why = self
                    .log
                    .record(record.cause)
                    .map(|woken| self.reason(state, woken));
                let why = why.unwrap_or_default();
                match polls {
                    1 => format!("runs for the first time{why}"),
                    _ => format!("runs (poll {polls}){why}"),
                }
            }
            What::Waits(on) => self.waits(on, state),
            What::PollEnded(PollEnd::Pending) => "pauses".to_owned(),
            What::PollEnded(PollEnd::Ready) => "has run to its end".to_owned(),
            What::Finished(TaskEnd::Returned) => "ends: it returned".to_owned(),
            What::Finished(TaskEnd::Panicked) => "ends: it panicked".to_owned(),
            What::Finished(TaskEnd::Cancelled) => "ends: it was cancelled".to_owned(),
            What::CancelAsked {
                reason,
                abort,
                passed_on,
            } => {
                let abort = if abort { ", which it cannot catch" } else { "" };
                let passed_on = if passed_on {
                    ", passed on to what is awaited"
                } else {
                    ""
                };
                format!(
                    "is asked to cancel: {}{abort}{passed_on}{why}",
                    reason_word(reason)
                )
            }
            What::CancelDelivered => format!("gets the cancel{why}"),
            What::CancelAbsorbed => format!("caught the cancel, and goes on{why}"),
            What::Stalled { .. } => "held up all others for longer than the limit".to_owned(),
            other => format!("{other:?}"),
        }
    }

    fn spawned(&self, task: TaskId, state: &State, record: &Record) -> String {
        let next = self.log.record(record.seq + 1);
        let eager = |next: &Record| next.what == What::PollStarted && next.task == Some(task);
        let by = match state.current_task() {
            Some(by) => format!(" by {}", self.name(by)),
            None => String::new(),
        };
        match next.is_some_and(eager) && state.ready.len() + state.polls.len() > 0 {
            true => format!("is spawned{by}, and starts at once"),
            false => format!("is spawned{by}, and joins the ready queue{}", behind(state)),
        }
    }

    /// What a task waits for.
    pub(in crate::trace) fn waits(&self, on: WaitsFor, state: &State) -> String {
        match on {
            WaitsFor::Turn => "lets the others go first".to_owned(),
            WaitsFor::Timer { timer, when } => {
                format!("waits until {} s (timer {timer})", Seconds(when))
            }
            WaitsFor::Never => "waits for ever".to_owned(),
            WaitsFor::Task(task) => format!("waits for {} to end", self.name(task)),
            WaitsFor::Tasks { left: 1 } => "waits for one more task to end".to_owned(),
            WaitsFor::Tasks { left } => format!("waits for {left} tasks to end"),
            WaitsFor::Object { object, kind, act } => {
                let holders = state.objects.get(&object).into_iter();
                let all = holders.flat_map(|object| object.holders.iter().flatten());
                let named = all.clone().take(NAMED).map(|&holder| self.name(holder));
                let mut holders: Vec<String> = named.collect();
                // A semaphore can have many, and as many who wait.
                let others = all.count().saturating_sub(NAMED);
                if others > 0 {
                    holders.push(format!("and {others} more"));
                }
                let held = match holders.is_empty() {
                    true => String::new(),
                    false => format!(", held by {}", holders.join(", ")),
                };
                format!("waits {} {object}{held}", waits_at(kind, act))
            }
            WaitsFor::Source {
                source,
                direction: Direction::Read,
            } => {
                format!("waits until source {source} can be read")
            }
            WaitsFor::Source {
                source,
                direction: Direction::Write,
            } => {
                format!("waits until source {source} can be written")
            }
            WaitsFor::Job(job) => format!("waits for job {}", job.0),
            WaitsFor::Place => "waits for a place in a pool's line".to_owned(),
            WaitsFor::Foreign => "waits for something that is not of this crate".to_owned(),
            WaitsFor::Nothing => "waits, and kept no waker: nothing can wake it".to_owned(),
        }
    }

    fn of_loop(&self, state: &State, record: &Record) -> (String, String) {
        let why = self.reason(state, record);
        let of_loop = |what: String| ("loop".to_owned(), what);
        let of = |who: &str, number: u32, what: String| (format!("{who} {number}"), what);
        match record.what {
            What::RunStarted => of_loop("starts to run".to_owned()),
            What::RunEnded => of_loop("stops running".to_owned()),
            What::TurnStarted { turn, .. } => {
                of_loop(format!("begins turn {turn}, {}", self.ready(state)))
            }
            What::Parked { until: Some(until) } => of_loop(format!(
                "has nothing to run, and looks outside until {} s",
                Seconds(until)
            )),
            What::Parked { until: None } => {
                of_loop("has nothing to run, and waits for something from outside".to_owned())
            }
            What::Unparked => of_loop("is awake".to_owned()),
            What::TimeJumped { from } => of_loop(format!(
                "has nothing to run: its clock jumps from {} s to {} s",
                Seconds(from),
                Seconds(record.now)
            )),
            What::InboxRead { messages } => of_loop(format!(
                "reads {} from other threads",
                count(messages as usize, "message")
            )),
            What::CallQueued { call, kind, .. } => {
                let behind = behind(state);
                of(
                    "call",
                    call,
                    format!("joins the ready queue{behind}, to {}{why}", call_word(kind)),
                )
            }
            What::CallStarted { call } => {
                let kind = state.calls.get(&call).map(|call| call.kind);
                // A timer runs it at once; only a closure has a line.
                let timed = (record.line != 0).then_some(CallKind::Call);
                let kind = kind.or(timed).map(call_word);
                of(
                    "call",
                    call,
                    format!("runs, to {}", kind.unwrap_or("do its work")),
                )
            }
            What::CallDropped { call } => of("call", call, format!("is taken back{why}")),
            What::TimerSet { timer, when } => {
                let whose = record
                    .task
                    .map_or(String::new(), |task| format!(" for {}", self.name(task)));
                of(
                    "timer",
                    timer,
                    format!("is set to {} s{whose}{why}", Seconds(when)),
                )
            }
            What::TimerDropped { timer } => {
                of("timer", timer, format!("is taken back before it rang{why}"))
            }
            What::TimerFired { timer } => of(
                "timer",
                timer,
                format!("is due, and joins the ready queue{}", behind(state)),
            ),
            What::TimerStarted { timer } => {
                of("timer", timer, "rings: its turn has come".to_owned())
            }
            _ => self.of_outside(state, record, &why),
        }
    }

    /// Sources, objects and pools.
    fn of_outside(&self, state: &State, record: &Record, why: &str) -> (String, String) {
        let object = |object: u32| {
            let kind = state.objects.get(&object).map(|object| object.kind);
            format!("{} {object}", kind.map_or("object", object_word))
        };
        let whom = record
            .task
            .map_or("somebody".to_owned(), |task| self.name(task));
        match record.what {
            What::SourceAdded { source, .. } => (
                format!("source {source}"),
                format!("is registered with the system{why}"),
            ),
            What::SourceDropped { source } => {
                (format!("source {source}"), format!("is closed{why}"))
            }
            What::SourceReady {
                source,
                readable,
                writable,
            } => {
                let how = match (readable, writable) {
                    (true, true) => "read and written",
                    (true, false) => "read",
                    _ => "written",
                };
                (
                    format!("source {source}"),
                    format!(
                        "can be {how}, says the system, and joins the ready queue{}",
                        behind(state)
                    ),
                )
            }
            What::SourceStarted { source } => (
                format!("source {source}"),
                "wakes those who wait for it".to_owned(),
            ),
            What::ObjectMade { object, kind } => (
                format!("{} {object}", object_word(kind)),
                "is met for the first time".to_owned(),
            ),
            What::ObjectTaken { object: number } => (object(number), format!("is taken by {whom}")),
            What::ObjectCalled { object: number } => {
                (object(number), format!("is to go to {whom} next"))
            }
            What::ObjectFreed { object: number } => {
                (object(number), format!("is given back by {whom}"))
            }
            What::ObjectDropped { object: number } => (object(number), format!("is dropped{why}")),
            What::JobSubmitted { job } => {
                (format!("job {}", job.0), format!("is given to a pool{why}"))
            }
            What::JobStarted { job, worker, .. } => (
                format!("job {}", job.0),
                format!("is begun by {}", worker_word(worker)),
            ),
            What::JobFinished { job, end, .. } => {
                (format!("job {}", job.0), job_word(end).to_owned())
            }
            What::WorkerStarted { worker, .. } => (worker_word(worker), "has started".to_owned()),
            What::WorkerExited { worker } => (worker_word(worker), "has ended".to_owned()),
            other => ("loop".to_owned(), format!("{other:?}")),
        }
    }

    /// What stands in the ready queue.
    fn ready(&self, state: &State) -> String {
        if state.ready.is_empty() {
            return "with nothing ready".to_owned();
        }
        let entries = state.ready.iter().take(NAMED).map(|entry| match entry {
            Ready::Task(task) => self.name(task),
            Ready::Call(call) => format!("call {call}"),
            Ready::Timer(timer) => format!("timer {timer}"),
            Ready::Source(source) => format!("source {source}"),
        });
        let mut entries: Vec<String> = entries.collect();
        if state.ready.len() > NAMED {
            entries.push(format!("and {} more", state.ready.len() - NAMED));
        }
        format!("which runs {}", entries.join(", "))
    }
}

/// Whether the task is the subject of the sentence.
fn is_of_task(what: What) -> bool {
    !matches!(
        what,
        What::TimerSet { .. }
            | What::ObjectTaken { .. }
            | What::ObjectFreed { .. }
            | What::ObjectCalled { .. }
    )
}

/// How many stand before who joins the ready queue.
fn behind(state: &State) -> String {
    match state.ready.len() {
        0 => String::new(),
        others => format!(" behind {}", count(others, "other")),
    }
}

fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

pub(in crate::trace) fn object_word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Promise => "promise",
        ObjectKind::Event => "event",
        ObjectKind::Lock => "lock",
        ObjectKind::Condition => "condition",
        ObjectKind::Semaphore => "semaphore",
        ObjectKind::Barrier => "barrier",
        ObjectKind::Queue => "queue",
    }
}

fn waits_at(kind: ObjectKind, act: Act) -> &'static str {
    match (kind, act) {
        (_, Act::Get) => "for an item of queue",
        (_, Act::Put) => "for room in queue",
        (_, Act::Join) => "until all work is done of queue",
        (ObjectKind::Promise, _) => "for promise",
        (ObjectKind::Event, _) => "for event",
        (ObjectKind::Lock, _) => "for lock",
        (ObjectKind::Condition, _) => "to be told by condition",
        (ObjectKind::Semaphore, _) => "for a place of semaphore",
        (ObjectKind::Barrier, _) => "for the others at barrier",
        (ObjectKind::Queue, _) => "for queue",
    }
}

fn call_word(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Call => "call a closure",
        CallKind::Member => "tell a gather or a wait that a task of it ended",
        CallKind::Expire => "end a time limit",
        CallKind::Wake => "wake somebody",
        CallKind::Stop => "stop the loop, since the main task has ended",
    }
}

fn reason_word(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Explicit => "somebody wants it",
        CancelReason::Timeout => "its time limit ran out",
        CancelReason::Group => "another task of its group failed",
        CancelReason::Shutdown => "the run is ending",
        CancelReason::Interrupt => "somebody pressed Ctrl-C",
    }
}

pub(in crate::trace) fn job_word(end: JobEnd) -> &'static str {
    match end {
        JobEnd::Returned => "is done",
        JobEnd::Failed => "failed",
        JobEnd::Dropped => "was given up before it began",
        JobEnd::Killed => "was killed with its worker",
    }
}

pub(in crate::trace) fn worker_word(worker: WorkerId) -> String {
    format!("worker {} of pool {}", worker.worker, worker.pool)
}
