//! The end of a loop: its tasks are asked to end and given time for it, and what is left is dropped.

use super::callbacks::Callback;
use super::inbox::Message;
use super::{EventLoop, Run, cell, clock, context, special};
use crate::error::{CancelReason, Cancelled, RunError, Stuck};
use std::panic::Location;
use std::time::Duration;

/// With a virtual clock, which stands still while something is ready, a shutdown ends after so many turns at the
/// latest.
const MOST_TURNS: usize = 1_000_000;

impl EventLoop {
    /// Cancels all tasks and runs turns until they have ended, or this time has passed. Returns those that have not.
    ///
    /// What the ends of cancelled tasks spawn runs on as long as one of these has not ended, as in asyncio: a clean-up may
    /// wait for it. Then, when nothing is ready, it is cancelled in its turn.
    pub(crate) fn end_tasks(
        &self,
        grace: Duration,
        called_at: &'static Location<'static>,
    ) -> Result<Vec<Stuck>, RunError> {
        let _run = Run::begin(self)?;
        let _running = context::Running::enter(self);
        let request = Cancelled::new(CancelReason::Shutdown, None, None, called_at);
        let mut asked = self.cancel_from(0, &request);
        let mut first_not_asked = self.tasks.next_number.get();
        let end = self.clock.now().saturating_add(clock::nanoseconds(grace));
        // It wakes the loop.
        let (timer, key, serial) = self.call_at(end, Box::new(|| ()), called_at);
        let mut turns_left = if self.clock.is_virtual() {
            MOST_TURNS
        } else {
            usize::MAX
        };
        while self.tasks.unfinished.get() > 0 && self.clock.now() < end && turns_left > 0 {
            if self.ready.is_empty() {
                while asked.pop_if(|task| self.has_ended(*task)).is_some() {}
                if asked.is_empty() {
                    asked = self.cancel_from(first_not_asked, &request);
                    first_not_asked = self.tasks.next_number.get();
                }
            }
            self.turn::<true>()?;
            turns_left -= 1;
        }
        if let Some(timer) = timer {
            self.take_timer(timer);
        }
        drop(self.take_call(key, serial, true));
        self.report_late();
        Ok(self.unfinished_tasks())
    }

    /// Ends the loop: drops tasks, callbacks and posts, each on this thread, and refuses everything from now on.
    pub(crate) fn close(&self) {
        if self.is_closing() {
            return;
        }
        self.set_special(special::CLOSING);
        let _running = context::Running::enter(self);
        self.drop_all();
        self.report_failed();
        self.drop_variables();
        for callback in self.callbacks.take_all() {
            cell::quietly(move || match callback {
                // A task of another loop may wait for the end of one of ours.
                Callback::Member(aggregate, member) => aggregate.member_finished(member),
                other => drop(other),
            });
        }
        // In a forked child, what threads of the parent share is left alone: one of them may hold its lock for ever.
        let messages = match self.is_forked() {
            true => Vec::new(),
            false => self.shared.close(),
        };
        for message in messages {
            match message {
                // The bits belong to the place in the table, and the next runtime there would be deaf.
                Message::Wake(index) => self.shared.taken(index),
                Message::Call(call, _) => cell::quietly(|| drop(call)),
                Message::Keep(keep) => cell::quietly(|| keep(self)),
            }
        }
        // Last: a pool waits for its threads, and a thread may wait for an answer to what it posted. By now that was
        // dropped, and is refused from here on.
        self.drop_services();
    }
}
