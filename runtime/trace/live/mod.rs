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

use std::io::{self, Read, Write};
use std::net::Shutdown;

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
/// If there is no such process, it is another user's, or none of its loops is live; the error says which.
pub fn ask(process: u32, question: Question) -> io::Result<String> {
    let mut answers = String::new();
    for mut socket in place::connect(process)? {
        let line = match question {
            Question::Ps => "ps\n".to_owned(),
            Question::Tree => "tree\n".to_owned(),
            Question::Top => "top\n".to_owned(),
            Question::Why(task) => format!("why {task}\n"),
        };
        socket.write_all(line.as_bytes())?;
        socket.shutdown(Shutdown::Write)?;
        socket.read_to_string(&mut answers)?;
    }
    Ok(answers)
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
