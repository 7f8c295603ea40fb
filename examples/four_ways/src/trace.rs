//! Which item was done when, of the version that runs on no loop: what `roundelay theatre --four-ways` shows of it.
//!
//! The other versions' loops are recorded by the runtime, in the file that `ROUNDELAY_TRACE` names; this one is written there if the
//! sequential version alone is run.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use roundelay::trace::{Span, Spans};

use crate::note;
use crate::version::Version;

/// The items of one version.
pub(crate) struct Trace {
    /// The file to write.
    path: PathBuf,
    /// When the version began.
    start: Instant,
    /// What was done.
    spans: RefCell<Spans>,
}

impl Trace {
    /// The trace that the environment asks for, if the version has no loop to be recorded.
    pub(crate) fn from_environment(version: Version) -> Option<Trace> {
        if version != Version::Sequential {
            return None;
        }
        let path = env::var_os("ROUNDELAY_TRACE").filter(|path| !path.is_empty())?;
        Some(Trace {
            path: path.into(),
            start: Instant::now(),
            spans: RefCell::default(),
        })
    }

    /// An item is done. As one comes after the other, it was begun when the last one was done.
    pub(crate) fn step(&self) {
        let spans = &mut self.spans.borrow_mut().0;
        let from = spans.last().map_or(0, |last| last.to);
        spans.push(Span {
            worker: "main".to_owned(),
            item: (spans.len() + 1).to_string(),
            from,
            to: self.start.elapsed().as_nanos() as u64,
        });
    }

    /// Writes the items. A loop of a later version would write its log over them.
    pub(crate) fn write(&self) {
        if self.spans.borrow().0.is_empty() {
            // A version that counts no steps is one long item.
            self.step();
        }
        if let Err(error) = fs::write(&self.path, self.spans.borrow().to_string()) {
            let path = self.path.display();
            note(format_args!("{path} cannot be written: {error}"));
        }
    }
}
