//! A timeline as Chrome's JSON, for viewers that do not read Perfetto's files: `chrome://tracing`, Speedscope.
//!
//! It knows no tracks within tracks: each is a thread of the process. Times are microseconds.

use super::{Label, Mark, PROCESS, Shape, Timeline};
use crate::error::json::quoted;
use std::fmt::Write as _;
use std::io::{self, Write};

impl Timeline {
    /// Writes the file as an array of Chrome's trace events.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_chrome(&self, out: &mut impl Write) -> io::Result<()> {
        let process = self.process;
        let mut line = format!("[\n{{\"ph\":\"M\",\"pid\":{process},\"name\":\"process_name\"");
        let _ = write!(
            line,
            ",\"args\":{{\"name\":{}}}}}",
            quoted(&self.tracks[PROCESS].name)
        );
        out.write_all(line.as_bytes())?;
        for (number, track) in self.tracks.iter().enumerate().skip(1) {
            if track.is_counter {
                continue;
            }
            let name = match track.parent {
                PROCESS => track.name.clone(),
                parent => format!("{}: {}", self.tracks[parent].name, track.name),
            };
            let thread = format!("{{\"pid\":{process},\"tid\":{number},\"ph\":\"M\"");
            let line = format!(
                ",\n{thread},\"name\":\"thread_name\",\"args\":{{\"name\":{}}}}},\n{thread},\"name\":\"thread_sort_index\",\"args\":{{\"sort_index\":{number}}}}}",
                quoted(&name)
            );
            out.write_all(line.as_bytes())?;
        }
        for mark in &self.marks {
            out.write_all(self.events(mark).as_bytes())?;
        }
        out.write_all(b"\n]\n")
    }

    /// The events of a mark: itself, and the ends of arrows.
    fn events(&self, mark: &Mark) -> String {
        let (process, track) = (self.process, mark.track);
        let time = format!("{}.{:03}", mark.time / 1000, mark.time % 1000);
        let head = format!(",\n{{\"pid\":{process},\"tid\":{track},\"ts\":{time}");
        let mut text = match &mark.what {
            Shape::Begin(label) => format!("{head},\"ph\":\"B\",{}}}", said(label)),
            Shape::End => format!("{head},\"ph\":\"E\"}}"),
            Shape::Instant(label) => format!("{head},\"ph\":\"i\",\"s\":\"t\",{}}}", said(label)),
            Shape::Count(value) => {
                let name = quoted(&self.tracks[track].name);
                format!("{head},\"ph\":\"C\",\"name\":{name},\"args\":{{\"count\":{value}}}}}")
            }
        };
        let flow = "\"cat\":\"flow\",\"name\":\"cause\"";
        for arrow in &mark.from {
            let _ = write!(text, "{head},\"ph\":\"s\",\"id\":\"{arrow:#x}\",{flow}}}");
        }
        for arrow in &mark.to {
            let _ = write!(
                text,
                "{head},\"ph\":\"f\",\"bp\":\"e\",\"id\":\"{arrow:#x}\",{flow}}}"
            );
        }
        text
    }
}

/// What a slice says.
fn said(label: &Label) -> String {
    let name = quoted(&label.name);
    let mut text = format!(
        "\"name\":{name},\"cat\":\"{}\",\"args\":{{\"event\":{}",
        label.category, label.event
    );
    for (name, note) in &label.notes {
        let _ = write!(text, ",\"{name}\":{}", quoted(note));
    }
    text.push('}');
    text
}
