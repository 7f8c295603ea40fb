//! The same work done in several ways, on one axis of time: one after the other, with threads, on an event loop, with processes.
//!
//! A way that runs on a loop has a log. One that does not, which is the sequential one, writes down which item it did when.

use super::super::log::Log;
use super::json::Json;
use super::spans::Spans;
use super::strip::{self, Lane};
use super::template::Page;
use std::fmt;

/// The ways, to be shown beneath each other: `Display` writes the page.
///
/// # Examples
/// ```
/// use roundelay::trace::{FourWays, Span, Spans};
///
/// let span = |item: &str, from, to| Span { worker: "main".into(), item: item.into(), from, to };
/// let spans = Spans(vec![span("1", 0, 1_000_000), span("2", 1_000_000, 2_000_000)]);
/// let page = FourWays::new("two items").spans("one after the other", &spans).to_string();
/// assert!(page.contains("one after the other"));
/// ```
#[derive(Clone, Debug)]
pub struct FourWays {
    title: String,
    /// The ways, as the page reads them.
    strips: Vec<Json>,
}

impl FourWays {
    /// Begins a page of this title.
    pub fn new(title: &str) -> Self {
        FourWays {
            title: title.to_owned(),
            strips: Vec::new(),
        }
    }

    /// Adds a way that ran on a loop.
    pub fn log(self, name: &str, log: &Log) -> Self {
        let (total, lanes) = strip::of_log(log);
        self.strip(name, total, &lanes)
    }

    /// Adds a way of which it is only known who did which item when.
    pub fn spans(self, name: &str, spans: &Spans) -> Self {
        let (total, lanes) = strip::of_spans(spans);
        self.strip(name, total, &lanes)
    }

    fn strip(mut self, name: &str, total: u64, lanes: &[Lane]) -> Self {
        let lanes = lanes.iter().map(|lane| {
            let bars = lane.bars.iter().map(|bar| {
                let numbers = [bar.from, bar.to, u64::from(bar.kind)].map(Json::raw);
                Json::array(numbers)
            });
            Json::object([
                ("name", Json::text(&lane.name)),
                ("thin", Json::raw(lane.is_thin)),
                ("bars", Json::array(bars)),
            ])
        });
        self.strips.push(Json::object([
            ("name", Json::text(name)),
            ("total", Json::raw(total)),
            ("lanes", Json::array(lanes)),
        ]));
        self
    }
}

impl fmt::Display for FourWays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = Page {
            title: &self.title,
            body: include_str!("page/four_ways.html"),
            scripts: &[
                include_str!("page/dom.js"),
                include_str!("page/four_ways.js"),
            ],
            data: &Json::object([
                ("title", Json::text(&self.title)),
                ("strips", Json::array(self.strips.iter().cloned())),
            ]),
        };
        page.fmt(f)
    }
}
