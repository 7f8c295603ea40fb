//! How far a version has come, and whether anything failed.

use std::error::Error;

use crate::outcome::Outcome;

/// One version's progress, counted in downloads.
#[derive(Clone)]
pub struct Progress {
    /// Counts and shows them.
    shown: four_ways::Progress,
}

impl Progress {
    /// Counts the downloads that end, and shows them in `shown`.
    pub fn new(shown: four_ways::Progress) -> Progress {
        Progress { shown }
    }

    /// Waits for one download, counts it, and gives its outcome. A download that broke (a panic, a
    /// worker process that died) is a failure of that site and of no other.
    pub async fn watch<E: Error + 'static>(
        self,
        url: String,
        download: impl Future<Output = Result<Outcome, E>>,
    ) -> Outcome {
        let outcome = download
            .await
            .unwrap_or_else(|error| Outcome::new(url, Err(error.into())));
        self.count(&outcome);
        outcome
    }

    /// Counts one download that has ended.
    pub fn count(&self, outcome: &Outcome) {
        if outcome.result.is_err() {
            self.shown.remark("(with failures)");
        }
        self.shown.step();
    }
}
