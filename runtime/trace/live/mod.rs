//! A loop that runs, seen from outside: who waits for what, asked by a socket or by SIGQUIT.
//!
//! An observer keeps a copy of what the loop does, and a thread of its own answers from the copy. So there is an answer while the
//! loop is stuck in a step, too, and to ask polls nothing. [`Builder::live`](crate::Builder::live) switches it on, or
//! `ROUNDELAY_LIVE=1`.

pub(super) mod mirror;
mod place;
mod tell;
mod watchdog;

pub(crate) use watchdog::Watchdog;

use super::plain::Plain;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A process has so long to answer for all of its loops: one that is stopped never does.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer is longer, in bytes: a million tasks take half of it.
const LONGEST: usize = 1 << 28;

/// What can be asked of a loop that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Every task, one line each: state, what it waits for, since when, at which line, polls, busy time.
    Ps,
    /// The tasks as a tree of who spawned whom, with what each waits for.
    Tree,
    /// The loop's figures, and its tasks with the busiest first.
    Top,
    /// Why this task waits: the chain of who waits for whom.
    Why(u64),
}

/// Asks the loops of a process, and returns their answers as text for people.
///
/// # Errors
/// If there is no such process, it is another user's, none of its loops is live, or one does not answer; the error says which.
pub fn ask(process: u32, question: Question) -> io::Result<String> {
    let mut answers = String::new();
    let until = Instant::now() + PATIENCE;
    for mut socket in place::connect(process)? {
        let line = match question {
            Question::Ps => "ps\n".to_owned(),
            Question::Tree => "tree\n".to_owned(),
            Question::Top => "top\n".to_owned(),
            Question::Why(task) => format!("why {task}\n"),
        };
        let answer =
            exchange(&mut socket, &line, until).map_err(|error| no_answer(process, &error))?;
        // Only a tree can be empty: that of a loop without tasks.
        if answer.is_empty() && question != Question::Tree {
            return Err(no_answer(process, &io::ErrorKind::ConnectionReset.into()));
        }
        for line in answer.split_inclusive('\n') {
            let (line, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |line| (line, "\n"));
            let _ = write!(answers, "{}{end}", Plain(line));
        }
    }
    Ok(answers)
}

/// Sends a question, and reads the answer to its end.
fn exchange(socket: &mut UnixStream, line: &str, until: Instant) -> io::Result<String> {
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.write_all(line.as_bytes())?;
    socket.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    let mut part = [0; 1 << 16];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        // No time at all would mean to wait without end.
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match socket.read(&mut part) {
            Ok(0) => return Ok(String::from_utf8_lossy(&answer).into_owned()),
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if answer.len() > LONGEST {
            return Err(io::Error::other("its answer does not end"));
        }
    }
}

/// Says who did not answer. The kind is no broken pipe, which would be taken for the end of whoever reads what we print.
fn no_answer(process: u32, error: &io::Error) -> io::Error {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    match error.kind() {
        WouldBlock | TimedOut | Interrupted => io::Error::new(
            TimedOut,
            format!(
                "process {process} has not answered within {} s: is it stopped?",
                PATIENCE.as_secs()
            ),
        ),
        BrokenPipe | ConnectionReset => io::Error::new(
            ConnectionReset,
            format!("process {process} went away without an answer: ask again"),
        ),
        kind => io::Error::new(kind, format!("process {process} cannot be asked: {error}")),
    }
}

impl Question {
    /// Reads a question as it comes by the socket.
    fn read(line: &str) -> Option<Question> {
        let mut words = line.split_whitespace();
        let question = match words.next()? {
            "ps" => Question::Ps,
            "tree" => Question::Tree,
            "top" => Question::Top,
            "why" => Question::Why(words.next()?.parse().ok()?),
            _ => return None,
        };
        words.next().is_none().then_some(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn who_does_not_answer_is_not_waited_for_without_end() {
        let (mut socket, _silent) = UnixStream::pair().unwrap();
        let error = exchange(&mut socket, "ps\n", Instant::now()).unwrap_err();
        let error = no_answer(7, &error);
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().starts_with("process 7 has not answered"));
    }

    #[test]
    fn who_goes_away_is_not_taken_for_the_reader_of_the_answer() {
        let (mut socket, gone) = UnixStream::pair().unwrap();
        drop(gone);
        let error = exchange(&mut socket, "ps\n", Instant::now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let error = no_answer(7, &error);
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(error.to_string().contains("went away"));
    }
}
