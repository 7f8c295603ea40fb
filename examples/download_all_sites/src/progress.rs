//! How far a version has come: a bar on a terminal, a few plain lines anywhere else.

use std::error::Error;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::outcome::Outcome;

/// One version's progress, shown on standard error; the results alone go to standard output.
#[derive(Clone)]
pub struct Progress {
    /// The bar, and the counter behind it. It draws nothing unless standard error is a terminal.
    bar: ProgressBar,
}

impl Progress {
    /// Begins at none of `total` sites.
    pub fn new(name: &str, total: usize) -> Progress {
        let bar = ProgressBar::new(total as u64).with_prefix(name.to_owned());
        let template = "{prefix:>24}  {wide_bar}  {pos:>4} of {len}  {elapsed:>4} {msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is correct"));
        let progress = Progress { bar };
        progress.say(&format!("0 of {total}"));
        progress
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
            self.bar.set_message("(with failures)");
        }
        self.bar.inc(1);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
        // Four lines a version: as many as one reads in a log.
        if total >= 8 && done < total && (done * 4) / total > ((done - 1) * 4) / total {
            self.say(&format!("{done} of {total}"));
        }
    }

    /// Leaves the last state of the bar on the terminal.
    pub fn finish(&self, time: Duration) {
        self.bar.abandon();
        self.say(&format!("done in {:.3} s", time.as_secs_f64()));
    }

    /// Prints a plain line where there is no bar.
    fn say(&self, what: &str) {
        if self.bar.is_hidden() {
            crate::note(format_args!("{}: {what}", self.bar.prefix()));
        }
    }
}
