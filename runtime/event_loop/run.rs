//! A run: turn after turn until somebody stops it, on a thread where no other loop runs.

use super::event::{Event, What};
use super::{EventLoop, context, special};
use crate::error::RunError;

impl EventLoop {
    /// Runs turns until `stop`.
    pub(crate) fn run_until_stopped(&self) -> Result<(), RunError> {
        let _run = Run::begin(self)?;
        let _running = context::Running::enter(self);
        match self.has_special(special::NOTES) {
            false => self.run_turns::<false>(),
            true => self.run_observed_turns(),
        }
    }

    /// Runs turns until `stop`. Compiled once for loops that nobody watches, which so are never asked for it.
    #[inline(always)]
    fn run_turns<const OBSERVED: bool>(&self) -> Result<(), RunError> {
        while self.turn::<OBSERVED>()? {}
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn run_observed_turns(&self) -> Result<(), RunError> {
        self.run_turns::<true>()
    }
}

/// While it lives, the loop runs. Refuses to nest.
pub(super) struct Run<'a>(&'a EventLoop);

impl<'a> Run<'a> {
    /// Says whether a run may begin.
    pub(super) fn check(event_loop: &EventLoop) -> Result<(), RunError> {
        if event_loop.is_closing() {
            return Err(RunError::Closed);
        }
        if !event_loop.process.is_current() {
            return Err(RunError::Forked);
        }
        if event_loop.running.get() || context::Running::anywhere() {
            return Err(RunError::Nested);
        }
        Ok(())
    }

    pub(super) fn begin(event_loop: &'a EventLoop) -> Result<Self, RunError> {
        Run::check(event_loop)?;
        event_loop.running.set(true);
        event_loop.fresh.set(true);
        event_loop.reactor.lose_patience();
        if event_loop.eager_start {
            event_loop.set_special(special::EAGER);
        }
        event_loop.observe(|| Event::of(What::RunStarted));
        Ok(Run(event_loop))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.observe(|| Event::of(What::RunEnded));
        self.0.stopping.set(false);
        self.0.running.set(false);
        self.0.clear_special(special::EAGER);
    }
}
