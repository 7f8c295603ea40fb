//! The theatre: a recorded run as one HTML page, to be gone through step by step.
//!
//! Rust packs the log and embeds the sources; the page's scripts, in `page/`, rebuild the loop's state from that and draw it. The page
//! needs no network and no server, and forbids itself both.

mod four_ways;
mod json;
mod pack;
mod sources;
mod spans;
mod strip;
mod template;

pub use four_ways::FourWays;
pub use spans::{Span, Spans, SpansError};

use super::log::Log;
use json::Json;
use sources::Sources;
use std::fmt;
use std::path::{Path, PathBuf};
use template::Page;

/// The scripts of the page, in the order in which they stand there.
const SCRIPTS: &[&str] = &[
    include_str!("page/data.js"),
    include_str!("page/state.js"),
    include_str!("page/index.js"),
    include_str!("page/dom.js"),
    include_str!("page/words.js"),
    include_str!("page/sentences.js"),
    include_str!("page/panes.js"),
    include_str!("page/source.js"),
    include_str!("page/lanes.js"),
    include_str!("page/timeline.js"),
    include_str!("page/chain.js"),
    include_str!("page/predict.js"),
    include_str!("page/report.js"),
    include_str!("page/check.js"),
    include_str!("page/controls.js"),
];

/// A recorded run as an HTML page: `Display` writes it.
///
/// The page shows the source, the ready queue, what runs and why, who waits for what, the timers and the pools at each step of the
/// run, and a timeline of all of it.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, Theatre};
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = roundelay::Runtime::builder().observer(recorder).build()?;
/// runtime.run(roundelay::yield_now());
/// let page = Theatre::new(&recording.log()).to_string();
/// assert!(page.starts_with("<!doctype html>"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Theatre<'a> {
    /// The run.
    log: &'a Log,
    /// Where the sources are looked for.
    sources: PathBuf,
}

impl<'a> Theatre<'a> {
    /// Shows this run, with the sources that lie below the current directory.
    pub fn new(log: &'a Log) -> Self {
        Theatre {
            log,
            sources: PathBuf::from("."),
        }
    }

    /// Looks for the sources below this directory: the paths in the log are relative to it.
    pub fn sources(self, directory: impl AsRef<Path>) -> Self {
        let sources = directory.as_ref().to_owned();
        Theatre { sources, ..self }
    }

    fn title(&self) -> String {
        let program = self.log.fact("program").unwrap_or("a run");
        let program = Path::new(program).file_name().unwrap_or_default();
        let arguments = self.log.fact("arguments").unwrap_or_default();
        format!("{} {arguments}", program.to_string_lossy())
            .trim()
            .to_owned()
    }

    fn data(&self) -> Json {
        let log = self.log;
        let lines = pack::lines(log);
        let sources = Sources::below(&self.sources);
        Json::object([
            ("title", Json::text(&self.title())),
            ("clock", Json::text(log.fact("clock").unwrap_or("real"))),
            ("cut", Json::raw(log.is_cut)),
            ("dropped", Json::raw(log.dropped)),
            (
                "first",
                Json::raw(log.records.first().map_or(1, |it| it.seq)),
            ),
            ("count", Json::raw(log.records.len())),
            ("records", Json::text(&pack::records(log))),
            ("names", pack::names(log)),
            (
                "files",
                sources.files(lines.values().map(|line| &*line.file)),
            ),
            (
                "lines",
                Json::array(lines.iter().map(|(number, line)| {
                    let numbers = [*number, line.line, line.column].map(Json::raw);
                    Json::array([Json::text(&line.file)].into_iter().chain(numbers))
                })),
            ),
        ])
    }
}

impl fmt::Display for Theatre<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = Page {
            title: &self.title(),
            body: include_str!("page/theatre.html"),
            scripts: SCRIPTS,
            data: &self.data(),
        };
        page.fmt(f)
    }
}
