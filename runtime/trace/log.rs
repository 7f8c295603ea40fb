//! A log file: written as a run goes on, read as a whole.
//!
//! The file is a mark of eight bytes and then chunks: a letter, the payload's length in four bytes, the payload, all
//! little-endian. It is only ever appended to, so that what a killed program had written by then can be read.
//!
//! | letter | payload |
//! |---|---|
//! | `M` | what is said of the run: lines of `name=value` |
//! | `L` | a line of the program: its number, line and column, four bytes each, then the file's name |
//! | `T` | a text: the task's number in eight bytes, then its name |
//! | `R` | the first record's number in eight bytes, then records; see `code.rs` |
//! | `E` | the end: how many records were dropped, in eight bytes |

use super::code::{self, LENGTH};
use super::record::Record;
use crate::event_loop::observer::TaskId;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a log begins with.
pub(super) const MARK: &[u8; 8] = b"RTLOG\0\x01\n";

/// A line of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The file, as the compiler names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A run's log, read.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The records, in order; each number is one more than the one before.
    pub records: Vec<Record>,
    /// Whether the file ends in the middle: the program was killed, or is still running.
    pub is_cut: bool,
    /// How many records a ring has dropped before the first one that is here.
    pub dropped: u64,
    lines: HashMap<u32, Line>,
    names: HashMap<TaskId, String>,
    facts: Vec<(String, String)>,
}

impl Log {
    /// Reads a log file.
    ///
    /// # Errors
    /// If it cannot be read, or is no log.
    pub fn read(path: impl AsRef<Path>) -> Result<Log, LogError> {
        let path = path.as_ref();
        let fail = |problem| LogError {
            path: path.to_owned(),
            problem,
        };
        let bytes = read_marked(path).map_err(fail)?;
        Log::parse(&bytes).map_err(fail)
    }

    /// Reads a log from memory.
    ///
    /// # Errors
    /// If it is no log.
    pub fn from_bytes(bytes: &[u8]) -> Result<Log, LogError> {
        Log::parse(bytes).map_err(|problem| LogError {
            path: PathBuf::from("(memory)"),
            problem,
        })
    }

    fn parse(bytes: &[u8]) -> Result<Log, Problem> {
        let mut rest = bytes.strip_prefix(MARK).ok_or(Problem::NoLog)?;
        let mut log = Log {
            is_cut: true,
            ..Log::default()
        };
        while let Some((&[letter, a, b, c, d], after)) = rest.split_first_chunk::<5>() {
            let length = u32::from_le_bytes([a, b, c, d]) as usize;
            let Some((payload, after)) = after.split_at_checked(length) else {
                break;
            };
            let place = bytes.len() - rest.len();
            log.take_chunk(letter, payload)
                .ok_or(Problem::Damaged(place))?;
            rest = after;
        }
        // Behind the end nothing is cut: somebody else wrote there, as when two logs are put into one file.
        match log.is_cut || rest.is_empty() {
            true => Ok(log),
            false => Err(Problem::Damaged(bytes.len() - rest.len())),
        }
    }

    fn take_chunk(&mut self, letter: u8, payload: &[u8]) -> Option<()> {
        match letter {
            b'M' => {
                for line in std::str::from_utf8(payload).ok()?.lines() {
                    let (name, value) = line.split_once('=')?;
                    self.facts.push((name.to_owned(), value.to_owned()));
                }
            }
            b'L' => {
                let (numbers, file) = payload.split_first_chunk::<12>()?;
                let number =
                    |at: usize| Some(u32::from_le_bytes(numbers[at..at + 4].try_into().ok()?));
                let line = Line {
                    file: std::str::from_utf8(file).ok()?.to_owned(),
                    line: number(4)?,
                    column: number(8)?,
                };
                self.lines.insert(number(0)?, line);
            }
            b'T' => {
                let (task, name) = payload.split_first_chunk::<8>()?;
                let name = std::str::from_utf8(name).ok()?.to_owned();
                self.names.insert(TaskId(u64::from_le_bytes(*task)), name);
            }
            b'R' => {
                let (first, records) = payload.split_first_chunk::<8>()?;
                self.take_records(u64::from_le_bytes(*first), records)?;
            }
            b'E' => {
                self.dropped = u64::from_le_bytes(payload.try_into().ok()?);
                self.is_cut = false;
            }
            _ => return None,
        }
        Some(())
    }

    fn take_records(&mut self, first: u64, bytes: &[u8]) -> Option<()> {
        let expected = self.records.last().map(|last| last.seq + 1);
        if first == 0 || first > u64::MAX / 2 || expected.is_some_and(|expected| expected != first)
        {
            return None;
        }
        let (records, rest) = bytes.as_chunks::<LENGTH>();
        if !rest.is_empty() {
            return None;
        }
        self.records.reserve(records.len());
        for (bytes, seq) in records.iter().zip(first..) {
            let record = code::decode(bytes, seq)?;
            if record.cause >= seq {
                return None;
            }
            self.records.push(record);
        }
        Some(())
    }

    /// Returns a line by its number.
    pub fn line(&self, number: u32) -> Option<&Line> {
        self.lines.get(&number)
    }

    /// Returns a task's name: the one it was given, or `Task-N`.
    pub fn name(&self, task: TaskId) -> String {
        match self.names.get(&task) {
            Some(name) => name.clone(),
            None => task.to_string(),
        }
    }

    /// Returns the name that a task was given, if it was given one.
    pub fn given_name(&self, task: TaskId) -> Option<&str> {
        self.names.get(&task).map(String::as_str)
    }

    /// Returns what is said of the run under a name: `program`, `arguments`, `process`, `began` (nanoseconds since 1970),
    /// `clock` (`real` or `virtual`).
    pub fn fact(&self, name: &str) -> Option<&str> {
        let mut facts = self.facts.iter();
        facts
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the record of this number, if it is here.
    pub fn record(&self, seq: u64) -> Option<&Record> {
        let first = self.records.first()?.seq;
        self.records
            .get(usize::try_from(seq.checked_sub(first)?).ok()?)
    }
}

/// Reads a file that begins as a log. Of another one no more than that is read: it may have no end, as `/dev/zero`.
fn read_marked(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut file = File::open(path).map_err(Problem::Io)?;
    let mut bytes = Vec::new();
    let mut start = (&mut file).take(MARK.len() as u64);
    start.read_to_end(&mut bytes).map_err(Problem::Io)?;
    if bytes != MARK {
        return Err(Problem::NoLog);
    }
    file.read_to_end(&mut bytes).map_err(Problem::Io)?;
    Ok(bytes)
}

/// Why a log could not be read.
#[derive(Debug)]
pub struct LogError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    /// The file cannot be read.
    Io(io::Error),
    /// It does not begin as a log.
    NoLog,
    /// Nobody wrote what stands at this place.
    Damaged(usize),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Io(error) => write!(f, "{path} cannot be read: {error}"),
            Problem::NoLog => write!(
                f,
                "{path} is not a log of a run: make one by running a program with ROUNDELAY_TRACE={path}"
            ),
            Problem::Damaged(place) => write!(
                f,
                "{path} is damaged at byte {place}, or was written by another version of roundelay: record the run again"
            ),
        }
    }
}

impl Error for LogError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Io(error) => Some(error),
            _ => None,
        }
    }
}
