//! The recorder: an observer that writes the log.
//!
//! A record is 48 bytes in a buffer; the buffer goes to the file when it is full, when the loop is about to sleep, and at the
//! end of a run. A ring keeps the last records in memory and writes them at the end of each run.

use super::causes::{ByNumber, Causes};
use super::code::{self, LENGTH};
use super::log::{Log, MARK};
use super::record::Record;
use crate::event_loop::event::{Event, What};
use crate::event_loop::observer::{Observer, TaskId};
use crate::sys::clock;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A full buffer is written or put away. It is small, so that it stays in the cache: filling a ring record by record costs a
/// miss for each.
const FULL: usize = 1000 * LENGTH;
/// A ring has the room for so many records from the beginning; for more it grows as they come.
const READY: usize = 1 << 20;
/// When the loop sleeps, what is older than these nanoseconds is written.
const OLD: u64 = 50_000_000;
/// A step that takes longer than this counts as a stall: asyncio's `slow_callback_duration`.
const SLOW: Duration = Duration::from_millis(100);

/// Records what happens in a loop. Give it to [`Builder::observer`](crate::Builder::observer).
///
/// To record a program without a change to it, set `ROUNDELAY_TRACE=run.rtlog` in its environment, and for the last 100,000
/// events only, `ROUNDELAY_TRACE_RING=100000` too.
///
/// # Examples
/// ```
/// use roundelay::trace::{Recorder, What};
///
/// let (recorder, recording) = Recorder::in_memory();
/// let runtime = roundelay::Runtime::builder().observer(recorder).build()?;
/// runtime.run(roundelay::yield_now());
/// let polls = recording.log().records.iter().filter(|record| record.what == What::PollStarted).count();
/// assert_eq!(polls, 2);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Recorder(Rc<RefCell<Inside>>);

/// What a [`Recorder`] in memory has recorded.
pub struct Recording(Rc<RefCell<Inside>>);

/// Where the records go.
enum Out {
    /// To a file, as they come.
    File(File, PathBuf),
    /// The last ones to a file, at the end of each run; so many at the most.
    Ring(PathBuf, usize),
    /// Nowhere: they are kept.
    Memory,
    /// Nowhere: the file could not be written.
    Failed,
}

struct Inside {
    out: Out,
    /// The definitions of lines, names and facts: all of them, or for a file those that were not written yet.
    definitions: Vec<u8>,
    /// The last records, which were not written or put away yet.
    records: Vec<u8>,
    /// Those before them, in memory or a ring; empty for a file.
    stored: VecDeque<u8>,
    /// The number of the last record.
    seq: u64,
    causes: Causes,
    /// The numbers of the lines, by address.
    lines: ByNumber<u32>,
    /// The last lines used, by a few bits of the address.
    recent: [(usize, u32); 16],
    /// Whether the loop's clock is a virtual one.
    is_virtual: bool,
    /// What the machine's clock said when the recorder was made.
    began: u64,
    /// When the buffer was written last, in nanoseconds since then.
    written: u64,
    /// When the poll that is going on began, by the machine's clock; for those around it, in `outer_starts`.
    started: u64,
    outer_starts: Vec<u64>,
}

impl Recorder {
    /// Records into a file, which is written as the run goes on.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn to_file(path: impl AsRef<Path>) -> io::Result<Recorder> {
        let path = path.as_ref();
        let mut file = File::create(path)?;
        file.write_all(MARK)?;
        Ok(Recorder::new(Out::File(file, path.to_owned())))
    }

    /// Keeps the last records, so many at the most, and writes them into a file at the end of each run: for runs that are
    /// long.
    pub fn ring(path: impl AsRef<Path>, records: usize) -> Recorder {
        // What is kept is counted in bytes, too.
        let records = records.clamp(1, usize::MAX / LENGTH);
        Recorder::new(Out::Ring(path.as_ref().to_owned(), records))
    }

    /// Keeps all records in memory.
    pub fn in_memory() -> (Recorder, Recording) {
        let recorder = Recorder::new(Out::Memory);
        let recording = Recording(recorder.0.clone());
        (recorder, recording)
    }

    /// The recorder that the environment asks for, if it does.
    pub(crate) fn from_environment() -> io::Result<Option<Recorder>> {
        let Some(path) = std::env::var_os("ROUNDELAY_TRACE").filter(|path| !path.is_empty()) else {
            return Ok(None);
        };
        let fail = |what: &str, error: &dyn std::fmt::Display| {
            io::Error::other(format!("the environment says {what}: {error}"))
        };
        let path = free_name(PathBuf::from(path));
        let Some(ring) = std::env::var_os("ROUNDELAY_TRACE_RING") else {
            let shown = path.display().to_string();
            return Recorder::to_file(path)
                .map(Some)
                .map_err(|error| fail(&format!("ROUNDELAY_TRACE={shown}"), &error));
        };
        let ring = ring.to_string_lossy();
        match ring.parse() {
            Ok(records) => Ok(Some(Recorder::ring(path, records))),
            Err(error) => Err(fail(
                &format!("ROUNDELAY_TRACE_RING={ring}, which is to be a number of records"),
                &error,
            )),
        }
    }

    fn new(out: Out) -> Recorder {
        let room = match out {
            Out::Ring(_, kept) => kept.min(READY) * LENGTH + FULL,
            _ => 0,
        };
        let mut inside = Inside {
            out,
            stored: VecDeque::with_capacity(room),
            definitions: Vec::new(),
            records: Vec::with_capacity(FULL + LENGTH),
            seq: 0,
            causes: Causes::default(),
            lines: ByNumber::default(),
            recent: [(0, 0); 16],
            is_virtual: false,
            began: clock::now(),
            written: 0,
            started: 0,
            outer_starts: Vec::new(),
        };
        inside.define_facts();
        Recorder(Rc::new(RefCell::new(inside)))
    }
}

/// The second loop of a process, and those that come later, write beside the first one's file.
fn free_name(path: PathBuf) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static LOOPS: AtomicU32 = AtomicU32::new(0);
    match LOOPS.fetch_add(1, Ordering::Relaxed) {
        0 => path,
        others => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let extension = path.extension().map(|it| it.to_string_lossy());
            let extension = extension.map_or(String::new(), |it| format!(".{it}"));
            path.with_file_name(format!("{stem}-{}{extension}", others + 1))
        }
    }
}

impl Observer for Recorder {
    #[inline]
    fn event(&self, now: u64, event: Event) {
        self.0.borrow_mut().take(now, &event);
    }

    fn named(&self, task: TaskId, name: &str) {
        let mut payload = task.0.to_le_bytes().to_vec();
        payload.extend_from_slice(name.as_bytes());
        self.0.borrow_mut().define(b'T', &payload);
    }

    fn attached(&self, virtual_clock: bool) {
        let mut inside = self.0.borrow_mut();
        inside.is_virtual = virtual_clock;
        let clock = if virtual_clock { "virtual" } else { "real" };
        inside.define(b'M', format!("clock={clock}\n").as_bytes());
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.borrow_mut().finish();
    }
}

impl Recording {
    /// Returns what has been recorded until now.
    pub fn log(&self) -> Log {
        let bytes = self.0.borrow().bytes();
        Log::from_bytes(&bytes).expect("what was recorded can be read")
    }
}

impl Inside {
    fn define_facts(&mut self) {
        let program = std::env::current_exe().unwrap_or_default();
        let arguments: Vec<_> = std::env::args_os()
            .skip(1)
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let began = SystemTime::now().duration_since(UNIX_EPOCH);
        let facts = format!(
            "program={}\narguments={}\nprocess={}\nbegan={}\n",
            program.display().to_string().replace('\n', " "),
            arguments.join(" ").replace('\n', " "),
            std::process::id(),
            began.unwrap_or_default().as_nanos(),
        );
        self.define(b'M', facts.as_bytes());
    }

    fn define(&mut self, letter: u8, payload: &[u8]) {
        put_chunk(&mut self.definitions, letter, payload);
    }

    /// The number of a line.
    #[inline]
    fn line(&mut self, at: &'static Location<'static>) -> u32 {
        let address = std::ptr::from_ref(at).addr();
        let place = address >> 3 & 15;
        match self.recent[place] {
            (known, number) if known == address => number,
            _ => self.find_line(at, address, place),
        }
    }

    #[inline(never)]
    fn find_line(&mut self, at: &'static Location<'static>, address: usize, place: usize) -> u32 {
        let next = self.lines.len() as u32 + 1;
        let number = *self.lines.entry(address as u64).or_insert(next);
        if number == next {
            let mut payload = Vec::new();
            for word in [number, at.line(), at.column()] {
                payload.extend_from_slice(&word.to_le_bytes());
            }
            payload.extend_from_slice(at.file().as_bytes());
            self.define(b'L', &payload);
        }
        self.recent[place] = (address, number);
        number
    }

    #[inline]
    fn take(&mut self, now: u64, event: &Event) {
        let wall = match self.is_virtual {
            false => now,
            true => clock::now() - self.began,
        };
        self.put(wall, now, event);
        match event.what {
            What::PollStarted => {
                let outer = std::mem::replace(&mut self.started, wall);
                self.outer_starts.push(outer);
            }
            What::PollEnded(_) => {
                let outer = self.outer_starts.pop().unwrap_or_default();
                let took = wall - std::mem::replace(&mut self.started, outer);
                // In virtual time a run is to be the same each time, however fast the machine is.
                if took > SLOW.as_nanos() as u64 && !self.is_virtual {
                    self.stalled(wall, now, took, event);
                }
            }
            What::Parked { .. } if wall - self.written > OLD => self.write(wall),
            What::RunEnded => self.write(wall),
            _ => {}
        }
        if self.records.len() >= FULL {
            self.write_full(wall);
        }
    }

    #[cold]
    fn stalled(&mut self, wall: u64, now: u64, took: u64, event: &Event) {
        let what = What::Stalled { wall: took };
        self.put(wall, now, &Event { what, ..*event });
    }

    #[inline]
    fn put(&mut self, wall: u64, now: u64, event: &Event) {
        self.seq += 1;
        let record = Record {
            seq: self.seq,
            wall,
            now,
            cause: self.causes.cause_of(self.seq, event),
            task: event.task,
            line: event.at.map_or(0, |at| self.line(at)),
            what: event.what,
        };
        self.records.extend_from_slice(&code::encode(&record));
    }

    #[cold]
    #[inline(never)]
    fn write_full(&mut self, wall: u64) {
        match self.out {
            Out::File(..) => self.write(wall),
            Out::Memory | Out::Ring(..) => self.put_away(),
            Out::Failed => self.records.clear(),
        }
    }

    /// Moves the buffer behind what is stored, and drops what a ring does not keep.
    fn put_away(&mut self) {
        if let Out::Ring(_, kept) = self.out {
            let kept = (kept * LENGTH).max(self.records.len()) - self.records.len();
            self.stored.drain(..self.stored.len().saturating_sub(kept));
        }
        self.stored.extend(&self.records);
        self.records.clear();
    }

    /// The number of the first record that is here.
    fn first(&self) -> u64 {
        self.seq + 1 - ((self.stored.len() + self.records.len()) / LENGTH) as u64
    }

    /// The log as a file has it.
    fn bytes(&self) -> Vec<u8> {
        let (older, newer) = self.stored.as_slices();
        let records = [older, newer, &self.records].concat();
        let kept = match self.out {
            Out::Ring(_, kept) => kept * LENGTH,
            _ => usize::MAX,
        };
        let skipped = records.len().saturating_sub(kept);
        let first = self.first() + (skipped / LENGTH) as u64;
        let mut bytes = MARK.to_vec();
        bytes.extend_from_slice(&self.definitions);
        put_records(&mut bytes, first, &records[skipped..]);
        put_chunk(&mut bytes, b'E', &(first - 1).to_le_bytes());
        bytes
    }

    #[cold]
    #[inline(never)]
    fn write(&mut self, wall: u64) {
        self.written = wall;
        let first = self.first();
        let result = match &mut self.out {
            Out::File(file, path) => {
                let mut bytes = std::mem::take(&mut self.definitions);
                put_records(&mut bytes, first, &self.records);
                let result = file.write_all(&bytes);
                self.records.clear();
                result.map_err(|error| (path.clone(), error))
            }
            Out::Ring(path, _) => {
                let path = path.clone();
                std::fs::write(&path, self.bytes()).map_err(|error| (path, error))
            }
            Out::Memory | Out::Failed => Ok(()),
        };
        if let Err((path, error)) = result {
            eprintln!(
                "roundelay: the log {} cannot be written any more, and ends here: {error}",
                path.display()
            );
            self.out = Out::Failed;
        }
    }

    /// The loop is gone.
    fn finish(&mut self) {
        self.write(self.written);
        if let Out::File(file, _) = &mut self.out {
            let mut end = Vec::new();
            put_chunk(&mut end, b'E', &0u64.to_le_bytes());
            // Without its end the log counts as cut, which it is.
            let _ = file.write_all(&end);
        }
    }
}

fn put_chunk(bytes: &mut Vec<u8>, letter: u8, payload: &[u8]) {
    bytes.push(letter);
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(payload);
}

fn put_records(bytes: &mut Vec<u8>, first: u64, records: &[u8]) {
    let mut first = first;
    // A chunk's length has four bytes.
    for part in records.chunks((1 << 20) * LENGTH) {
        bytes.push(b'R');
        bytes.extend_from_slice(&(part.len() as u32 + 8).to_le_bytes());
        bytes.extend_from_slice(&first.to_le_bytes());
        bytes.extend_from_slice(part);
        first += (part.len() / LENGTH) as u64;
    }
}
