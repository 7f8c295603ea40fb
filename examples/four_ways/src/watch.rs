//! What is watched while a version runs: its progress, and how late its loop is.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use roundelay::pool::{Map, MapError};

use crate::progress::Progress;
use crate::ticker::{Lateness, beside};

/// Given to a version, which counts its steps with it, and runs its loop in it if it has one.
#[derive(Clone)]
pub struct Watch {
    /// The steps done so far.
    progress: Progress,
    /// How late the ticker was; empty until the version's loop has run, and if it has none.
    lateness: Rc<Cell<Option<Lateness>>>,
    /// When the version began.
    start: Instant,
    /// When it had done its work; empty as long as it has not said so.
    end: Rc<Cell<Option<Instant>>>,
}

impl Watch {
    pub(crate) fn new(progress: &Progress) -> Watch {
        Watch {
            progress: progress.clone(),
            lateness: Rc::default(),
            start: Instant::now(),
            end: Rc::default(),
        }
    }

    /// Runs an event loop until `main` is done, as `roundelay::run`, with a ticker beside it.
    pub fn run<F: Future>(&self, main: F) -> F::Output {
        let (output, lateness) = roundelay::run(beside(main));
        self.lateness.set(lateness);
        output
    }

    /// Counts one step that is done.
    pub fn step(&self) {
        self.progress.step();
    }

    /// Counts a step when `job` is done.
    pub fn counted<F: Future>(&self, job: F) -> impl Future<Output = F::Output> + use<F> {
        let progress = self.progress.clone();
        async move {
            let output = job.await;
            progress.step();
            output
        }
    }

    /// Collects the results of a pool's `map`, and counts a step for each.
    ///
    /// # Errors
    /// The first that comes.
    pub async fn collected<R: 'static>(&self, mut results: Map<R>) -> Result<Vec<R>, MapError> {
        let mut collected = Vec::new();
        while let Some(result) = results.next().await {
            collected.push(result?);
            self.progress.step();
        }
        Ok(collected)
    }

    /// Tells what happens, in a line on the standard output.
    pub fn say(&self, line: &str) {
        self.progress.print(line);
    }

    /// Ends the measuring: what the version does from here on is not part of the work.
    pub fn stop_clock(&self) {
        self.end.set(Some(Instant::now()));
    }

    /// The time from the version's beginning to the end of its work.
    pub(crate) fn time(&self) -> Duration {
        self.end.get().unwrap_or_else(Instant::now) - self.start
    }

    pub(crate) fn lateness(&self) -> Option<Lateness> {
        self.lateness.get()
    }
}
