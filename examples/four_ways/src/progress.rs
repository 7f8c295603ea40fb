//! How far a version has come: a bar on a terminal, a few plain lines anywhere else.

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::note;
use crate::trace::Trace;
use crate::version::Version;

/// One version's progress, shown on standard error; the results alone go to standard output.
#[derive(Clone)]
pub struct Progress {
    /// The bar, and the counter behind it. It draws nothing unless standard error is a terminal.
    bar: ProgressBar,
    /// Where the steps are written down; empty if nobody asks for it, or if the version's loop has a log.
    trace: Option<Rc<Trace>>,
}

impl Progress {
    /// Begins at none of `total` steps. Without steps there is no bar either: who tells what happens in lines of
    /// its own has the terminal to itself.
    pub fn new(name: &str, total: usize) -> Progress {
        if total == 0 {
            let bar = ProgressBar::hidden().with_prefix(name.to_owned());
            return Progress { bar, trace: None };
        }
        let bar = ProgressBar::new(total as u64).with_prefix(name.to_owned());
        let template = "{prefix:>24}  {wide_bar}  {pos:>4} of {len}  {elapsed:>4} {msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is correct"));
        let progress = Progress { bar, trace: None };
        progress.say(&format!("0 of {total}"));
        progress
    }

    /// Has the steps of a version that runs on no loop written down, if the environment says where to.
    pub fn traced(self, version: Version) -> Progress {
        let trace = Trace::from_environment(version).map(Rc::new);
        Progress { trace, ..self }
    }

    /// Counts one step that is done.
    pub fn step(&self) {
        if let Some(trace) = &self.trace {
            trace.step();
        }
        self.bar.inc(1);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
        // Four lines a version: as many as one reads in a log.
        if total >= 8 && done < total && (done * 4) / total > ((done - 1) * 4) / total {
            self.say(&format!("{done} of {total}"));
        }
    }

    /// Shows a word behind the bar from now on.
    pub fn remark(&self, word: &'static str) {
        self.bar.set_message(word);
    }

    /// Prints a line on the standard output, with the bar out of the way.
    pub(crate) fn print(&self, line: &str) {
        // Nobody may be reading, which is no reason to stop.
        self.bar.suspend(|| {
            let _ = writeln!(io::stdout(), "{line}");
        });
    }

    /// Leaves the last state of the bar on the terminal.
    pub fn finish(&self, time: Duration) {
        if let Some(trace) = &self.trace {
            trace.write();
        }
        self.bar.abandon();
        self.say(&format!("done in {:.3} s", time.as_secs_f64()));
    }

    /// Prints a plain line where there is no bar.
    fn say(&self, what: &str) {
        if self.bar.is_hidden() {
            note(format_args!("{}: {what}", self.bar.prefix()));
        }
    }
}
