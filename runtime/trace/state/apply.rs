//! What each record changes in a rebuilt state.

use super::super::record::Record;
use super::State;
use super::task::{Asked, Task, Waiting};
use super::things::{Call, Job, Object, Parked, Ran, Running, Source, Timer};
use crate::event_loop::event::{ObjectKind, PollEnd, TaskEnd, WaitsFor, What, WokenBy};
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::{JobId, TaskId, WorkerId};
use crate::event_loop::snapshot::Ready;
use std::collections::VecDeque;

impl State {
    /// Takes a record in: the one after the last.
    ///
    /// What it does not know it learns as far as the record says; it never panics.
    pub fn apply(&mut self, record: &Record) {
        if self.seq == 0 {
            self.is_whole = record.seq == 1;
        }
        self.seq = record.seq;
        self.wall = record.wall;
        self.now = record.now;
        match (record.what, record.task) {
            (What::Spawned, Some(task)) => self.spawned(task, record),
            (What::Woken { by }, Some(task)) => self.woken(task, by, record),
            (What::PollStarted, Some(task)) => self.poll_started(task, record),
            (What::Waits(on), Some(task)) => self.waits(task, on, record),
            (What::PollEnded(end), Some(task)) => self.poll_ended(task, end, record),
            (What::Finished(end), Some(task)) => self.finished(task, end),
            (What::CancelAsked { reason, abort, .. }, Some(task)) => {
                if let Some(known) = self.tasks.get_mut(&task) {
                    let (line, seq) = (record.line, record.seq);
                    known.asked = Some(Asked {
                        reason,
                        abort,
                        line,
                        seq,
                    });
                }
            }
            (What::CancelDelivered, Some(task)) => self.cancel_delivered(task),
            (What::CancelAbsorbed, Some(task)) => {
                if let Some(known) = self.tasks.get_mut(&task) {
                    known.asked = None;
                }
            }
            _ => self.apply_to_loop(record),
        }
    }

    /// A record that is about the loop, or what hangs on it.
    fn apply_to_loop(&mut self, record: &Record) {
        match record.what {
            What::RunStarted => {
                self.is_running = true;
                self.polls.clear();
                self.outer = None;
                self.counts.runs += 1;
            }
            What::RunEnded => {
                self.is_running = false;
                self.parked = None;
                self.outer = None;
            }
            What::TurnStarted { turn, .. } => {
                self.turn = turn;
                self.outer = None;
                self.counts.turns += 1;
            }
            What::Parked { until } => {
                let since_wall = record.wall;
                self.outer = None;
                self.parked = Some(Parked { until, since_wall });
                self.counts.parks += 1;
            }
            What::Unparked => self.parked = None,
            What::InboxRead { messages } => {
                self.counts.messages += u64::from(messages);
                self.run(Ran::Inbox, record);
            }
            What::CallQueued { call, kind, .. } => {
                let (line, since) = (record.line, record.seq);
                self.calls.insert(call, Call { kind, line, since });
                self.ready.push(Ready::Call(call));
            }
            What::CallStarted { call } => {
                self.calls.remove(&call);
                self.ready.remove(Ready::Call(call));
                self.counts.calls += 1;
                self.run(Ran::Call(call), record);
            }
            What::CallDropped { call } => {
                self.calls.remove(&call);
                self.ready.remove(Ready::Call(call));
            }
            What::Stalled { .. } => self.counts.stalls += 1,
            _ => self.apply_to_thing(record),
        }
    }

    /// A record that is about a timer, a source, an object, a job or a worker.
    fn apply_to_thing(&mut self, record: &Record) {
        match record.what {
            What::TimerSet { timer, when } => {
                let (task, set) = (record.task, record.seq);
                let is_due = false;
                self.counts.timers_set += 1;
                self.timers.insert(
                    timer,
                    Timer {
                        when,
                        task,
                        set,
                        is_due,
                    },
                );
            }
            What::TimerFired { timer } => {
                if let Some(timer) = self.timers.get_mut(&timer) {
                    timer.is_due = true;
                }
                self.ready.push(Ready::Timer(timer));
            }
            What::TimerStarted { timer } => {
                self.timer_gone(timer);
                self.counts.timers_fired += 1;
                self.run(Ran::Timer(timer), record);
            }
            What::TimerDropped { timer } => self.timer_gone(timer),
            What::SourceAdded { source, fd } => {
                let known = self.source(source);
                known.fd = fd;
                let by = self.current_task();
                self.source(source).added_by = by;
            }
            What::SourceReady {
                source,
                readable,
                writable,
            } => {
                let known = self.source(source);
                (known.readable, known.writable) = (readable, writable);
                self.counts.sources_ready += 1;
                self.ready.push(Ready::Source(source));
            }
            What::SourceStarted { source } => {
                self.ready.remove(Ready::Source(source));
                self.run(Ran::Source(source), record);
            }
            What::SourceDropped { source } => {
                self.ready.remove(Ready::Source(source));
                self.sources.remove(&source);
            }
            What::ObjectMade { object, kind } => {
                let line = record.line;
                self.objects.insert(object, Object::new(kind, line));
            }
            What::ObjectDropped { object } => {
                self.objects.remove(&object);
            }
            What::ObjectTaken { object } => self.taken(object, record.task),
            What::ObjectFreed { object } => self.freed(object, record.task),
            What::ObjectCalled { object } => {
                self.object(object).called.push_back(record.task);
            }
            _ => self.apply_to_pool(record),
        }
    }

    /// A record that is about a pool.
    fn apply_to_pool(&mut self, record: &Record) {
        match record.what {
            What::JobSubmitted { job } => {
                let submitted = Job {
                    line: record.line,
                    submitted_by: self.current_task(),
                    submitted_wall: record.wall,
                    worker: None,
                };
                self.counts.jobs_submitted += 1;
                self.jobs.insert(job, submitted);
            }
            What::JobStarted { job, worker, ago } => {
                self.job_started(job, worker, record.wall.saturating_sub(ago));
            }
            What::JobFinished { job, ago, .. } => {
                self.counts.jobs_finished += 1;
                let known = self.jobs.remove(&job);
                if let Some((worker, _)) = known.and_then(|job| job.worker)
                    && let Some(worker) = self.workers.get_mut(&worker)
                    && worker.job == Some(job)
                {
                    worker.job = None;
                    worker.since_wall = record.wall.saturating_sub(ago);
                    worker.done += 1;
                }
                self.run(Ran::Job(job), record);
            }
            What::WorkerStarted { worker, process } => {
                let known = self.workers.entry(worker).or_default();
                known.process = process;
                known.job = None;
                known.since_wall = record.wall;
            }
            What::WorkerExited { worker } => {
                self.workers.remove(&worker);
            }
            _ => {}
        }
    }

    fn job_started(&mut self, job: JobId, worker: WorkerId, since_wall: u64) {
        let known = self.workers.entry(worker).or_default();
        known.job = Some(job);
        known.since_wall = since_wall;
        if let Some(job) = self.jobs.get_mut(&job) {
            job.worker = Some((worker, since_wall));
        }
    }

    fn timer_gone(&mut self, timer: u32) {
        self.ready.remove(Ready::Timer(timer));
        self.timers.remove(&timer);
    }

    fn source(&mut self, source: u32) -> &mut Source {
        self.sources.entry(source).or_insert(Source {
            fd: -1,
            added_by: None,
            readable: false,
            writable: false,
        })
    }

    fn object(&mut self, object: u32) -> &mut Object {
        let unknown = || Object::new(ObjectKind::Lock, 0);
        self.objects.entry(object).or_insert_with(unknown)
    }

    fn taken(&mut self, object: u32, task: Option<TaskId>) {
        let object = self.object(object);
        if let Some(place) = object.called.iter().position(|&called| called == task) {
            object.called.remove(place);
        }
        object.holders.push_back(task);
    }

    fn freed(&mut self, object: u32, task: Option<TaskId>) {
        let holders = &mut self.object(object).holders;
        // Somebody else may give it back: a guard can be passed on.
        let place = holders.iter().position(|&holder| holder == task);
        holders.remove(place.unwrap_or(0));
    }

    /// Something else has its turn outside of polls.
    fn run(&mut self, what: Ran, record: &Record) {
        if self.polls.is_empty() {
            self.outer = Some(Running::new(what, record, false));
        }
    }

    fn spawned(&mut self, task: TaskId, record: &Record) {
        self.counts.spawned += 1;
        let spawned = Task {
            spawned_at: record.line,
            spawned_by: self.current_task(),
            spawned: record.seq,
            state: TaskState::Queued,
            since: record.seq,
            since_wall: record.wall,
            ..Task::default()
        };
        self.tasks.insert(task, spawned);
        self.ready.push(Ready::Task(task));
    }

    fn woken(&mut self, task: TaskId, by: WokenBy, record: &Record) {
        self.counts.wakes += 1;
        let known = self.tasks.entry(task).or_default();
        // Chaos polls a task at once, beside the queue.
        if by == WokenBy::Nobody {
            return;
        }
        if known.state != TaskState::Running {
            known.enter(TaskState::Queued, record);
        }
        self.ready.push(Ready::Task(task));
    }

    fn cancel_delivered(&mut self, task: TaskId) {
        self.ready.remove(Ready::Task(task));
        if let Some(known) = self.tasks.get_mut(&task) {
            known.is_taken = true;
        }
    }

    fn poll_started(&mut self, task: TaskId, record: &Record) {
        self.counts.polls += 1;
        self.outer = None;
        if let Some(outer) = self.polls.last_mut()
            && let Ran::Task(outer_task) = outer.what
            && let Some(known) = self.tasks.get_mut(&outer_task)
        {
            let took = record.wall.saturating_sub(outer.counted);
            known.busy = known.busy.saturating_add(took);
        }
        let noted = std::mem::replace(&mut self.has_noted, false);
        let poll = Running::new(Ran::Task(task), record, noted);
        self.polls.push(poll);
        let known = self.tasks.entry(task).or_default();
        if !std::mem::take(&mut known.is_taken) {
            self.ready.remove(Ready::Task(task));
        }
        known.polls += 1;
        known.enter(TaskState::Running, record);
    }

    fn waits(&mut self, task: TaskId, on: WaitsFor, record: &Record) {
        let known = self.tasks.entry(task).or_default();
        if !std::mem::replace(&mut self.has_noted, true) {
            known.waits.clear();
        }
        known.waits.push(Waiting {
            on,
            line: record.line,
            since: record.seq,
            since_now: record.now,
            since_wall: record.wall,
        });
    }

    fn poll_ended(&mut self, task: TaskId, end: PollEnd, record: &Record) {
        let Some(poll) = self.polls.pop_if(|poll| poll.what == Ran::Task(task)) else {
            return;
        };
        let has_noted = std::mem::replace(&mut self.has_noted, poll.outer_has_noted);
        if let Some(outer) = self.polls.last_mut() {
            outer.counted = record.wall;
        }
        let is_queued = self.ready.has_task(task);
        if let Some(known) = self.tasks.get_mut(&task) {
            let took = record.wall.saturating_sub(poll.counted);
            known.busy = known.busy.saturating_add(took);
            if has_noted {
                // A note has the time of the event before it.
                for wait in &mut known.waits {
                    (wait.since_now, wait.since_wall) = (record.now, record.wall);
                }
            }
            match end {
                PollEnd::Pending if is_queued => known.enter(TaskState::Queued, record),
                PollEnd::Pending => known.enter(TaskState::Waiting, record),
                PollEnd::Ready => {}
            }
        }
    }

    fn finished(&mut self, task: TaskId, end: TaskEnd) {
        match end {
            TaskEnd::Returned => self.counts.returned += 1,
            TaskEnd::Panicked => self.counts.panicked += 1,
            TaskEnd::Cancelled => self.counts.cancelled += 1,
        }
        self.ready.remove(Ready::Task(task));
        self.tasks.remove(&task);
    }
}

impl Task {
    fn enter(&mut self, state: TaskState, record: &Record) {
        self.state = state;
        self.since = record.seq;
        self.since_wall = record.wall;
    }
}

impl Running {
    fn new(what: Ran, record: &Record, outer_has_noted: bool) -> Running {
        Running {
            what,
            since: record.seq,
            since_wall: record.wall,
            counted: record.wall,
            outer_has_noted,
        }
    }
}

impl Object {
    fn new(kind: ObjectKind, line: u32) -> Object {
        Object {
            kind,
            line,
            holders: VecDeque::new(),
            called: VecDeque::new(),
        }
    }
}
