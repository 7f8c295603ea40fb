//! A track for each task: its polls, and what it waits for between them.

use super::pool_tracks::{PoolTracks, RESULT};
use super::{Label, PROCESS, Shape, Sheet};
use crate::event_loop::event::{PollEnd, TaskEnd, WaitsFor, What};
use crate::event_loop::observer::TaskId;
use crate::trace::causes::ByNumber;
use crate::trace::record::Record;
use crate::trace::state::State;

pub(super) struct TaskTracks {
    /// The track that those of the tasks belong to.
    group: usize,
    tasks: ByNumber<Lane>,
    /// How many tasks wait.
    waiting: usize,
}

/// A task's track.
struct Lane {
    track: usize,
    open: Open,
    /// Whether the task was woken since its poll began.
    is_woken: bool,
}

/// Which slice of a task is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Ready,
    Poll,
    Wait,
}

impl TaskTracks {
    pub(super) fn new(sheet: &mut Sheet<'_>) -> Self {
        TaskTracks {
            group: sheet.track("tasks".to_owned(), PROCESS),
            tasks: ByNumber::default(),
            waiting: 0,
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    fn lane(&mut self, sheet: &mut Sheet<'_>, task: TaskId) -> &mut Lane {
        let group = self.group;
        self.tasks.entry(task.get()).or_insert_with(|| Lane {
            track: sheet.track(sheet.story.name(task), group),
            open: Open::Nothing,
            is_woken: false,
        })
    }

    /// Closes the slice of a task that is open, and opens another.
    fn switch(&mut self, sheet: &mut Sheet<'_>, task: TaskId, time: u64, open: Open) -> usize {
        let lane = self.lane(sheet, task);
        let (track, before) = (lane.track, std::mem::replace(&mut lane.open, open));
        self.waiting += usize::from(open == Open::Wait);
        self.waiting -= usize::from(before == Open::Wait);
        if before != Open::Nothing {
            sheet.put(track, time, Shape::End);
        }
        track
    }

    /// Takes a record in; the state is the one before it.
    pub(super) fn take(
        &mut self,
        sheet: &mut Sheet<'_>,
        state: &State,
        record: &Record,
        time: u64,
    ) {
        let Some(task) = record.task else {
            return;
        };
        match record.what {
            What::Spawned => self.ready(sheet, task, record, time),
            What::Woken { .. } => {
                let lane = self.lane(sheet, task);
                match lane.open {
                    Open::Poll => lane.is_woken = true,
                    Open::Ready => {}
                    _ => self.ready(sheet, task, record, time),
                }
            }
            What::PollStarted => {
                let track = self.switch(sheet, task, time, Open::Poll);
                self.lane(sheet, task).is_woken = false;
                let polls = state.tasks.get(&task).map_or(0, |task| task.polls) + 1;
                let label = sheet.label(format!("poll {polls}"), "poll", record);
                let slice = sheet.put(track, time, Shape::Begin(label));
                sheet.slices.insert(record.seq, slice);
            }
            What::PollEnded(end) => self.poll_ended(sheet, state, task, end, record, time),
            What::Finished(end) => {
                let name = match end {
                    TaskEnd::Returned => "returned",
                    TaskEnd::Panicked => "panicked",
                    TaskEnd::Cancelled => "was cancelled",
                };
                let track = self.switch(sheet, task, time, Open::Nothing);
                self.instant(sheet, track, name, "end", record, time);
                self.tasks.remove(&task.get());
            }
            What::CancelAsked { .. } | What::CancelDelivered | What::CancelAbsorbed => {
                let (_, name) = sheet.story.sentence(state, record);
                let track = self.lane(sheet, task).track;
                self.instant(sheet, track, &name, "cancel", record, time);
            }
            What::Stalled { wall } => {
                let track = self.lane(sheet, task).track;
                let name = format!("held up all others for {} ms", wall / 1_000_000);
                self.instant(sheet, track, &name, "stall", record, time);
            }
            _ => {}
        }
    }

    fn instant(
        &self,
        sheet: &mut Sheet<'_>,
        track: usize,
        name: &str,
        category: &'static str,
        record: &Record,
        time: u64,
    ) {
        let label = sheet.label(name.to_owned(), category, record);
        sheet.put(track, time, Shape::Instant(label));
    }

    fn ready(&mut self, sheet: &mut Sheet<'_>, task: TaskId, record: &Record, time: u64) {
        let track = self.switch(sheet, task, time, Open::Ready);
        let label = sheet.label("ready".to_owned(), "ready", record);
        sheet.put(track, time, Shape::Begin(label));
    }

    fn poll_ended(
        &mut self,
        sheet: &mut Sheet<'_>,
        state: &State,
        task: TaskId,
        end: PollEnd,
        record: &Record,
        time: u64,
    ) {
        let lane = self.lane(sheet, task);
        if lane.open != Open::Poll {
            return;
        }
        match (end, lane.is_woken) {
            (PollEnd::Ready, _) => {
                self.switch(sheet, task, time, Open::Nothing);
            }
            (PollEnd::Pending, true) => self.ready(sheet, task, record, time),
            (PollEnd::Pending, false) => {
                let track = self.switch(sheet, task, time, Open::Wait);
                let label = wait_label(sheet, state, task, record);
                sheet.put(track, time, Shape::Begin(label));
            }
        }
    }

    /// Draws the arrows to a poll that begins.
    pub(super) fn arrows(
        &mut self,
        sheet: &mut Sheet<'_>,
        state: &State,
        pools: &mut PoolTracks,
        record: &Record,
    ) {
        let Some(&poll) = sheet.slices.get(&record.seq) else {
            return;
        };
        let origin = sheet.log.record(record.cause).and_then(|woken| {
            let origin = sheet.origin(woken)?;
            Some((woken.seq, origin))
        });
        if let Some((woken, origin)) = origin.filter(|(_, origin)| *origin != poll) {
            sheet.arrow(woken, origin, poll);
        }
        let waits = record.task.and_then(|task| state.tasks.get(&task));
        for wait in waits.iter().flat_map(|task| &task.waits) {
            let WaitsFor::Job(job) = wait.on else {
                continue;
            };
            // Where the job woke the task itself, the arrow is there already.
            if let Some(slice) = pools.take_result(job)
                && origin.is_none_or(|(_, origin)| origin != slice)
            {
                sheet.arrow(job.get() | RESULT, slice, poll);
            }
        }
    }

    /// Closes what is open at the end of the log.
    pub(super) fn finish(&mut self, sheet: &mut Sheet<'_>, time: u64) {
        let mut open: Vec<usize> = self
            .tasks
            .values()
            .filter(|lane| lane.open != Open::Nothing)
            .map(|lane| lane.track)
            .collect();
        open.sort_unstable();
        for track in open {
            sheet.put(track, time, Shape::End);
        }
    }
}

/// What a task waits for, which has just paused.
fn wait_label(sheet: &Sheet<'_>, state: &State, task: TaskId, record: &Record) -> Label {
    let waits = state.tasks.get(&task).map_or(&[][..], |task| &task.waits);
    let Some(first) = waits.first() else {
        return sheet.label("waits".to_owned(), "wait", record);
    };
    let mut name = sheet.story.waits(first.on, state);
    let line = sheet.line(first.line);
    if let Some(line) = &line {
        name = format!("{name} at {line}");
    }
    if waits.len() > 1 {
        name = format!("{name}, or for {} more", waits.len() - 1);
    }
    let mut label = sheet.label(name, "wait", record);
    label.notes.extend(line.map(|line| ("line", line)));
    label
}
