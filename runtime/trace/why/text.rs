//! A path as a table for people: one line for each part, short ones put together, and the sum of each kind.

use super::words::duration;
use super::{Kind, Path, Segment, Target};
use crate::trace::plain::Plain;
use crate::trace::story::{Seconds, Story, short};
use std::fmt;

/// A path of more parts than this is shortened.
const MANY: usize = 40;
/// Of such a path, so many parts have lines of their own.
const LONGEST: usize = 20;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Running => "running",
            Kind::Ready => "ready",
            Kind::Net => "net",
            Kind::Timer => "timer",
            Kind::Worker => "worker",
            Kind::Queued => "queued",
            Kind::Outside => "outside",
            Kind::Loop => "loop",
        })
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = self.span();
        let total = to - from;
        writeln!(f, "{}", self.title(total))?;
        if let Some(missing) = self.missing {
            writeln!(
                f,
                "The log begins too late: the next cause was event {missing}, and the time before {} s is not explained. \
                 Record more events (ROUNDELAY_TRACE_RING), or all.",
                Seconds(from)
            )?;
        }
        let shortest = self.shortest();
        let is_short = |segment: &Segment| match shortest {
            Some(shortest) => segment.length() < shortest,
            // Who did what is told even if it took no time.
            None => {
                let is_step = segment.kind == Kind::Running && segment.task.is_some();
                segment.length() < total / 1000 && !is_step
            }
        };
        let names = self.segments.iter().filter(|segment| !is_short(segment));
        let names = names.map(|segment| self.who(segment).chars().count());
        let width = names.max().unwrap_or(0).clamp(8, 32);
        let mut rest = &self.segments[..];
        while let Some(first) = rest.first() {
            let short = rest.iter().take_while(|segment| is_short(segment)).count();
            match short {
                0 | 1 => {
                    self.row(first, width, total, f)?;
                    rest = &rest[1..];
                }
                _ => {
                    several(&rest[..short], width, total, f)?;
                    rest = &rest[short..];
                }
            }
        }
        let kinds = self.by_kind();
        let told = kinds.iter().filter(|(_, length)| *length >= total / 1000);
        let kinds = told.map(|&(kind, length)| {
            format!(
                "{kind} {} ({})",
                share(length, total).trim_start(),
                duration(length)
            )
        });
        let kinds: Vec<String> = kinds.collect();
        match kinds.is_empty() {
            true => writeln!(f, "It took no time."),
            false => writeln!(f, "In sum: {}.", kinds.join(", ")),
        }
    }
}

impl Path<'_> {
    fn title(&self, total: u64) -> String {
        let total = duration(total);
        match self.target {
            Target::End => format!("The run took {total}. What set that, from its beginning:"),
            Target::Task(task) => {
                let name = Story::of(self.log).name(task);
                format!("{name} ended after {total}. What set that:")
            }
            Target::Event(event) => format!("Event {event} came after {total}. What set that:"),
        }
    }

    fn who(&self, segment: &Segment) -> String {
        match segment.task {
            Some(task) => Story::of(self.log).name(task),
            None => "loop".to_owned(),
        }
    }

    /// Which parts of a long path are put together: those that are shorter than this.
    fn shortest(&self) -> Option<u64> {
        let mut lengths: Vec<u64> = self.segments.iter().map(Segment::length).collect();
        if lengths.len() <= MANY {
            return None;
        }
        lengths.sort_unstable_by_key(|&length| std::cmp::Reverse(length));
        Some(lengths[LONGEST].max(1))
    }

    fn row(
        &self,
        segment: &Segment,
        width: usize,
        total: u64,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let who = self.who(segment);
        let length = duration(segment.length());
        let share = share(segment.length(), total);
        write!(
            f,
            "{:>12}  {who:<width$}  {:<7}  {length:>9}  {share}",
            Seconds(segment.from).to_string(),
            segment.kind
        )?;
        write!(f, "  {}", segment.words)?;
        if let Some(line) = self.log.line(segment.line) {
            write!(f, "  ({}:{})", Plain(short(&line.file)), line.line)?;
        }
        writeln!(f)
    }
}

/// Several short parts in one line.
fn several(parts: &[Segment], width: usize, total: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let from = Seconds(parts[0].from).to_string();
    let length: u64 = parts.iter().map(Segment::length).sum();
    let (took, share) = (duration(length), share(length, total));
    let count = parts.len();
    writeln!(
        f,
        "{from:>12}  {:<width$}  {:<7}  {took:>9}  {share}  {count} short parts",
        "...", ""
    )
}

/// A part of the whole, in percent.
fn share(length: u64, total: u64) -> String {
    match (length, total) {
        (0, _) | (_, 0) => "     -".to_owned(),
        _ if length < total / 1000 => "<0.1 %".to_owned(),
        _ => format!("{:>4.1} %", length as f64 * 100.0 / total as f64),
    }
}
