//! A stall in words: the report for people.

use super::{Frame, Stall, Verdict, Victim};
use std::fmt;
use std::time::Duration;

/// So many victims are named, so many functions.
const MOST: usize = 5;

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wall = span(self.wall);
        match self.is_over {
            true => write!(f, "stall {wall} in ")?,
            false => write!(f, "still stuck after {wall} in ")?,
        }
        match (self.task, &self.name) {
            (Some(task), Some(name)) => write!(f, "{task} {name:?}")?,
            (Some(task), None) => write!(f, "{task}")?,
            (None, _) => f.write_str("a callback")?,
        }
        write!(f, " (wall {wall}, cpu {}: {}", span(self.cpu), self.verdict)?;
        match (&self.slept_in, self.verdict) {
            (Some(place), Verdict::Blocked) => write!(f, " in {place})")?,
            _ => f.write_str(")")?,
        }
        self.write_lines(f)?;
        write_stack(f, &self.stack)?;
        write_victims(f, &self.victims)?;
        write!(f, "\n  hint: {}", self.hint())
    }
}

impl Stall {
    fn write_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.resumed_at {
            write!(f, ", resumed at {}:{}", at.file(), at.line())?;
        } else if self.task.is_some() {
            f.write_str(", in its first step")?;
        }
        match (self.from, self.task) {
            (Some(at), Some(_)) => write!(f, ", spawned at {}:{}", at.file(), at.line()),
            (Some(at), None) => write!(f, ", asked for at {}:{}", at.file(), at.line()),
            (None, _) => Ok(()),
        }
    }

    fn hint(&self) -> &'static str {
        match self.verdict {
            Verdict::Busy => {
                "give the computation to a pool with `submit`, or let others run with `yield_now` in between"
            }
            Verdict::Blocked => {
                "give the call to a thread with `spawn_blocking`, or await what does the same"
            }
            Verdict::NotRun => "the system did not run this thread: it is not your code",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Busy => "busy",
            Verdict::Blocked => "blocked",
            Verdict::NotRun => "not run by the system",
        })
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match (self.task, &self.name) {
            (_, Some(name)) => name.clone(),
            (Some(task), None) => task.to_string(),
            (None, None) => "a callback".to_owned(),
        };
        match self.is_timer {
            true => write!(f, "timer of {who} late {}", span(self.by)),
            false => write!(f, "{who} +{}", span(self.by)),
        }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, line)) => write!(f, "{} {file}:{line}", self.function),
            None => f.write_str(&self.function),
        }
    }
}

/// The program's own functions, if there are such.
fn write_stack(f: &mut fmt::Formatter<'_>, stack: &[Frame]) -> fmt::Result {
    let own: Vec<_> = stack.iter().filter(|frame| frame.is_programs()).collect();
    let shown = match own.is_empty() {
        true => stack.iter().collect(),
        false => own,
    };
    for (position, frame) in shown.iter().take(MOST).enumerate() {
        f.write_str(if position == 0 { "\n  in " } else { " <- " })?;
        write!(f, "{frame}")?;
    }
    Ok(())
}

impl Frame {
    /// Whether it is code of the program, or of a library that it uses, rather than of the standard one.
    fn is_programs(&self) -> bool {
        let standard = [
            "/rustc/",
            "/library/std/",
            "/library/core/",
            "/library/alloc/",
        ];
        let is_standard = |file: &str| {
            // The C library's own are relative.
            file.starts_with('.') || standard.iter().any(|part| file.contains(part))
        };
        let place = self.place.as_ref();
        place.is_some_and(|(file, _)| !is_standard(file))
    }
}

fn write_victims(f: &mut fmt::Formatter<'_>, victims: &[Victim]) -> fmt::Result {
    for (position, victim) in victims.iter().take(MOST).enumerate() {
        f.write_str(if position == 0 { "\n  hurt: " } else { ", " })?;
        write!(f, "{victim}")?;
    }
    match victims.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// A length of time, short to read.
fn span(time: Duration) -> String {
    match time.as_millis() {
        0..10 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        milliseconds @ 10..10_000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
