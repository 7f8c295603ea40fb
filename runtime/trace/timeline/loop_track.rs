//! The loop's own track: its turns and what they run, and when it sleeps.

use super::{Label, PROCESS, Shape, Sheet};
use crate::event_loop::event::What;
use crate::trace::record::Record;

pub(super) struct LoopTrack {
    track: usize,
    /// How many slices are open: a turn or a sleep, and what runs in a turn.
    open: usize,
    /// How many polls are going on, one within another.
    polls: usize,
}

impl LoopTrack {
    pub(super) fn new(sheet: &mut Sheet<'_>) -> Self {
        LoopTrack {
            track: sheet.track("loop".to_owned(), PROCESS),
            open: 0,
            polls: 0,
        }
    }

    pub(super) fn take(&mut self, sheet: &mut Sheet<'_>, record: &Record, time: u64) {
        match record.what {
            What::TurnStarted { turn, ready } => {
                self.close_to(0, sheet, time);
                let mut label = sheet.label(format!("turn {turn}"), "turn", record);
                label.notes.push(("ready", ready.to_string()));
                self.begin(sheet, label, record, time);
            }
            What::Parked { .. } => {
                self.close_to(0, sheet, time);
                let label = sheet.label("parked".to_owned(), "parked", record);
                self.begin(sheet, label, record, time);
            }
            What::Unparked | What::RunEnded => self.close_to(0, sheet, time),
            What::PollStarted => {
                self.polls += 1;
                if self.polls == 1 {
                    let name = record.task.map(|task| sheet.story.name(task));
                    let name = name.unwrap_or_default();
                    // Arrows come from the task's own slice.
                    let slice = sheet.slices.get(&record.seq).copied();
                    self.run(sheet, name, record, time);
                    sheet.slices.extend(slice.map(|slice| (record.seq, slice)));
                }
            }
            What::PollEnded(_) => {
                self.polls = self.polls.saturating_sub(1);
                if self.polls == 0 {
                    self.close_to(1, sheet, time);
                }
            }
            What::RunStarted => self.polls = 0,
            What::TimeJumped { from } => {
                let name = format!("time jumps by {} ms", time.saturating_sub(from) / 1_000_000);
                let label = sheet.label(name, "jump", record);
                sheet.put(self.track, time, Shape::Instant(label));
            }
            What::CallStarted { call } => self.run(sheet, format!("call {call}"), record, time),
            What::TimerStarted { timer } => self.run(sheet, format!("timer {timer}"), record, time),
            What::SourceStarted { source } => {
                self.run(sheet, format!("source {source}"), record, time);
            }
            _ => {}
        }
    }

    /// Something has its turn.
    fn run(&mut self, sheet: &mut Sheet<'_>, name: String, record: &Record, time: u64) {
        if self.polls > usize::from(record.what == What::PollStarted) {
            return;
        }
        // Outside of a turn nothing is open below it.
        let depth = self.open.min(1);
        self.close_to(depth, sheet, time);
        let label = sheet.label(name, "runs", record);
        self.begin(sheet, label, record, time);
    }

    fn begin(&mut self, sheet: &mut Sheet<'_>, label: Label, record: &Record, time: u64) {
        let slice = sheet.put(self.track, time, Shape::Begin(label));
        sheet.slices.insert(record.seq, slice);
        self.open += 1;
    }

    fn close_to(&mut self, depth: usize, sheet: &mut Sheet<'_>, time: u64) {
        while self.open > depth {
            sheet.put(self.track, time, Shape::End);
            self.open -= 1;
        }
    }

    pub(super) fn finish(&mut self, sheet: &mut Sheet<'_>, time: u64) {
        self.close_to(0, sheet, time);
    }
}
