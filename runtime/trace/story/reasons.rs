//! Why something happened, in words: the record that it came from, and its number to look it up.

use super::super::record::Record;
use super::super::state::State;
use super::Story;
use super::sentences::object_word;
use crate::event_loop::event::{WaitsFor, What, WokenBy};

impl Story<'_> {
    /// The reason for a record, as the end of a sentence; empty if it came from outside or by itself.
    pub(super) fn reason(&self, state: &State, record: &Record) -> String {
        let number = record.cause;
        if number == 0 {
            return match record.what {
                What::Spawned => ", because the program spawned it".to_owned(),
                _ => String::new(),
            };
        }
        let Some(cause) = self.log.record(number) else {
            return format!(", because of {number}, which this log has no longer");
        };
        let is_deed = cause.what == What::PollStarted
            && !matches!(
                record.what,
                What::Spawned | What::Woken { .. } | What::CallQueued { .. }
            );
        if let (true, Some(task)) = (is_deed, cause.task) {
            return format!(", by {} ({number})", self.name(task));
        }
        let because = match record.what {
            What::Spawned => self.what_ran(cause, "spawned it"),
            What::Woken {
                by: WokenBy::Thread,
            } => "another thread woke it".to_owned(),
            What::Woken {
                by: WokenBy::Running,
            } => match self.called_to(state, record) {
                Some(object) => self.what_ran(cause, &format!("gave it {object}")),
                None => self.what_ran(cause, &format!("woke it{}", waited_at(state, record))),
            },
            _ => self.what_ran(cause, "queued it"),
        };
        format!(", because {because} ({number})")
    }

    /// The object that was given to the task just before it was woken.
    fn called_to(&self, state: &State, woken: &Record) -> Option<String> {
        let before = self.log.record(woken.seq.checked_sub(1)?)?;
        let What::ObjectCalled { object } = before.what else {
            return None;
        };
        let is_its = before.task == woken.task && before.cause == woken.cause;
        let kind = state.objects.get(&object).map(|object| object.kind);
        is_its.then(|| format!("{} {object}", kind.map_or("object", object_word)))
    }

    fn what_ran(&self, cause: &Record, did: &str) -> String {
        let task = cause
            .task
            .map_or("a task".to_owned(), |task| self.name(task));
        match cause.what {
            What::PollStarted => format!("{task} {did}"),
            What::Spawned => format!("{task} was spawned"),
            What::Finished(_) => format!("{task} ended"),
            What::CancelAsked { .. } => format!("{task} was asked to cancel"),
            What::Woken { .. } => format!("{task} was woken"),
            What::CallStarted { call } => format!("call {call} {did}"),
            What::CallQueued { call, .. } => format!("call {call} was queued"),
            What::TimerStarted { timer } => format!("timer {timer} rang"),
            What::TimerSet { timer, .. } | What::TimerFired { timer } => {
                format!("timer {timer} was due")
            }
            What::SourceStarted { source } | What::SourceReady { source, .. } => {
                format!("source {source} became ready")
            }
            What::InboxRead { .. } => "of what other threads left".to_owned(),
            What::JobFinished { job, .. } => format!("job {} ended", job.0),
            What::JobSubmitted { job } | What::JobStarted { job, .. } => {
                format!("of job {}", job.0)
            }
            What::TurnStarted { turn, .. } => {
                format!("of what was done in turn {turn}")
            }
            What::RunStarted => "the loop began to run".to_owned(),
            _ => "of what happened there".to_owned(),
        }
    }
}

/// Where a woken task waited, if it was at one object alone: then it was woken there.
fn waited_at(state: &State, woken: &Record) -> String {
    let task = woken.task.and_then(|task| state.tasks.get(&task));
    match task.map(|task| task.waits.as_slice()) {
        Some([wait]) => match wait.on {
            WaitsFor::Object { object, kind, .. } => format!(" at {} {object}", object_word(kind)),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
